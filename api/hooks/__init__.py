"""Outgoing webhooks, signed as Standard Webhooks has it: where they may go, how they are sent, when again."""
