"""References to secrets. Loading an inventory reads none of them; `Secret.reveal` does, when a client signs in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr, SerializationInfo, model_serializer, model_validator

from chaos.errors import InventoryError
from chaos.inventory.fieldtypes import EnvName, FilePath, WrittenFloat, WrittenInt, refusal
from chaos.inventory.files import NotReadable, read_small
from chaos.redaction import KNOWN

SHOW_LITERALS = "show_literals"
"""Serialization context key under which `chaos.inventory.dump` writes the invented passwords of a mock."""

_FORMS = "{env: NAME} or {file: PATH}"
SECRET_BYTES_MAX = 64 * 1024


class Secret(BaseModel):
    """Where a secret is found: an environment variable, a file, or (in a mock only) a literal text.

    In a file: `{env: NAME}`, `{file: PATH}`, or the text itself. Neither `repr`, `str` nor `model_dump` shows a
    literal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    env: EnvName | None = None
    file: FilePath | None = None
    literal: SecretStr | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        if isinstance(value, WrittenInt | WrittenFloat):
            value = value.text
        if isinstance(value, str):
            if not value:
                raise refusal(_FORMS, "an empty secret is none: name where it is found")
            return {"literal": value}
        if not isinstance(value, Mapping | Secret):
            raise refusal(_FORMS, "name where the secret is found, for example {env: FINESSE_ADMIN_PASSWORD}")
        return value

    @model_validator(mode="after")
    def _one_form(self) -> "Secret":
        if sum(form is not None for form in (self.env, self.file, self.literal)) != 1:
            raise refusal(f"exactly one of {_FORMS}", "keep one of the two")
        return self

    @model_serializer(mode="plain")
    def _serialized(self, info: SerializationInfo) -> Any:
        if self.env is not None:
            return {"env": self.env}
        if self.file is not None:
            return {"file": str(self.file)}
        shown = bool((info.context or {}).get(SHOW_LITERALS))
        return self.literal.get_secret_value() if shown and self.literal else "**********"

    @property
    def is_literal(self) -> bool:
        """Whether the secret itself stands in the inventory, which only a mock may do."""
        return self.literal is not None

    def reveal(self, env: Mapping[str, str], *, is_setting: bool = False) -> str:
        """The secret, which is from now on blotted out of whatever this process writes down (`chaos.redaction`).

        `env` is the environment to look in (`os.environ`); a file is read now, less one final newline. is_setting: it
        is no secret after all.

        Raises InventoryError, without any of the secret in it, when the variable or the file is missing or empty.
        """
        secret = self._found(env)
        if not is_setting:
            KNOWN.remember(secret)
        return secret

    def _found(self, env: Mapping[str, str]) -> str:
        if self.literal is not None:
            return self.literal.get_secret_value()
        if self.env is not None:
            if not env.get(self.env):
                raise InventoryError(f"environment variable {self.env} is unset or empty: export it before the run")
            return env[self.env]
        assert self.file is not None
        return _read(self.file)


def _read(path: Path) -> str:
    try:
        text = read_small(path, SECRET_BYTES_MAX).data.decode("utf-8")
    except NotReadable as error:
        raise InventoryError(f"secret file {path}: {error.found}; {error.remedy}") from None
    except UnicodeDecodeError:
        raise InventoryError(f"secret file {path} is not UTF-8 text: it holds the secret and nothing else") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise InventoryError(f"secret file {path} is empty: it holds the secret and nothing else")
    return text
