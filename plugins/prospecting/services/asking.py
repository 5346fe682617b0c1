"""Decides what follows when agents cannot be asked, for whoever asks about many things in one task."""

from __future__ import annotations

from dataclasses import dataclass

from prospecting.agents.errors import AgentError


@dataclass(slots=True)
class AskingErrors:
    """Collects the errors of one task's questions.

    An error that may pass does not stop the rest: it is raised at the end, so that the task is retried and the answers
    that did come are replayed at no cost. An error that only a person can mend stops at once: the next question would
    fail the same way.
    """

    is_last_try: bool
    delayed: AgentError | None = None
    stopped_by: AgentError | None = None

    def add(self, error: AgentError) -> bool:
        """Take an error in. Returns True when it is final: no later try of this task asks the question again."""
        if not error.retryable:
            self.stopped_by = self.stopped_by or error
            return True
        self.delayed = self.delayed or error
        return self.is_last_try

    @property
    def first(self) -> AgentError | None:
        """The error to end the task with: what stopped it, else the first that was delayed."""
        return self.stopped_by or self.delayed

    @property
    def is_final(self) -> bool:
        """True when no later try of this task goes on with what is left."""
        return self.first is not None and (self.stopped_by is not None or self.is_last_try)
