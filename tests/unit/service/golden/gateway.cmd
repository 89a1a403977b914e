@echo off
chcp 65001 > NUL
rem OpenClaw Gateway (profile: work). Written by "openclaw gateway install", which replaces it.
cd /d C:\Users\Jörg\.openclaw-work
set "HOME=C:\Users\Jörg"
set "OPENCLAW_PROFILE=work"
set "OPENCLAW_STATE_DIR=C:\Users\Jörg\.openclaw-work"
set "OPENCLAW_CONFIG_PATH=C:\Users\Jörg\.openclaw-work\%%PATH%% ^x.json"
set "OPENCLAW_GATEWAY_PORT=18789"
set "OPENCLAW_WINDOWS_TASK_NAME=OpenClaw Gateway (work)"
set "OPENCLAW_SERVICE_MARKER=openclaw"
set "OPENCLAW_SERVICE_KIND=gateway"
"C:\Program Files\100%% & more\openclaw.exe" gateway --port 18789 < NUL
