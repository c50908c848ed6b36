"""Tell people what changed: channels (mail, webhook), the outbox, and who is told what."""
