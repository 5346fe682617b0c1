"""The kinds of objects beside tables that one statement makes: triggers, policies, grants."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Key(NamedTuple):
    """The kind of an object, the table it belongs to (or none), and its name."""

    kind: str
    table: str
    name: str


class Declared(Protocol):
    """An object beside a table that one statement makes."""

    @property
    def key(self) -> Key: ...

    def statement(self, table: str) -> str:
        """The statement that makes it, on the table of this name."""


class Trigger(NamedTuple):
    table: str
    name: str
    when: str
    action: str

    @property
    def key(self) -> Key:
        return Key("trigger", self.table, self.name)

    def statement(self, table: str) -> str:
        return f"create trigger {self.name} {self.when} on {table} {self.action}"


class Policy(NamedTuple):
    table: str
    name: str
    rule: str

    @property
    def key(self) -> Key:
        return Key("policy", self.table, self.name)

    def statement(self, table: str) -> str:
        return f"create policy {self.name} on {table} {self.rule}"


class Grant(NamedTuple):
    table: str
    role: str
    privileges: str

    @property
    def key(self) -> Key:
        return Key("grant", self.table, self.role)

    def statement(self, table: str) -> str:
        return f"grant {self.privileges} on {table} to {self.role}"
