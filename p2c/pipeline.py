"""The whole flow."""
