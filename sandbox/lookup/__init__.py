"""What installed libraries offer under a name, looked up inside a container."""

from sandbox.lookup.asking import Answer, Question, look_up

__all__ = ["Answer", "Question", "look_up"]
