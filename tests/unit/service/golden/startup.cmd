@echo off
chcp 65001 > NUL
start "" /min cmd.exe /d /c C:\Users\Jörg\.openclaw-work\gateway.cmd
