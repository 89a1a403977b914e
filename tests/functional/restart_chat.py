"""A restart asked for in the chat: by the owner, once, and its outcome told where it was asked for."""

from support.case import FunctionalCase
from support.gateway import default_config
from support.timing import wait_until
from support.ws import text_of


class ChatRestartTest(FunctionalCase):
    def texts(self, running, session):
        with running.connect() as client:
            return [(row["role"], text_of(row)) for row in client.history(session)]

    def test_the_owner_restarts_and_is_told_the_outcome_once(self):
        running = self.gateway()
        first = running.serving()
        with running.connect() as client:
            run = client.chat_send("ops", "/restart")["runId"]
            final = client.wait_chat_end(run)
            self.assertIn("⚙️ Restarting OpenClaw in-process (SIGUSR2)", text_of(final["message"]))
            again = client.chat_send("ops", "/restart", key=run)
            self.assertEqual(again["status"], "ok", "a repeated message is not carried out again")
        running.wait_new_generation(first, 30)
        expected = ["user", "assistant", "assistant"]
        wait_until(lambda: [role for role, _ in self.texts(running, "ops")] == expected, 10, "the outcome is told")
        user, reply, outcome = (text for _, text in self.texts(running, "ops"))
        self.assertEqual(user, "/restart")
        self.assertIn("Restarting OpenClaw", reply)
        self.assertIn("✅ The gateway was restarted (/restart)", outcome)
        second = running.serving()
        running.cli_json("gateway", "restart", "--json")
        running.wait_new_generation(second, 30)
        self.assertEqual([role for role, _ in self.texts(running, "ops")], expected, "told once")
        with running.connect() as client:
            restarts = client.request("gateway.restart.status", {})["recent"]
        self.assertEqual([(one["reason"], one["outcome"]) for one in restarts],
                         [("gateway.restart", "restarted"), ("/restart", "restarted")])

    def test_who_is_not_the_owner_is_refused(self):
        running = self.gateway()
        with running.connect(scopes=["operator.read", "operator.write"]) as client:
            run = client.chat_send("ops", "/restart")["runId"]
            self.assertIn("operator.admin", text_of(client.wait_chat_end(run)["message"]))
            self.assertEqual(client.request("gateway.restart.status", {})["phase"], "idle")

    def test_it_can_be_disabled(self):
        running = self.gateway({**default_config(), "commands": {"restart": False}})
        with running.connect() as client:
            run = client.chat_send("ops", "/restart")["runId"]
            self.assertEqual(text_of(client.wait_chat_end(run)["message"]),
                             "⚠️ /restart is disabled (commands.restart=false).")
            self.assertEqual(client.request("gateway.restart.status", {})["phase"], "idle")
