"""The post office: hands each letter to the channel that it goes by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from alerts.tickets import personal
from domain.alerts import MAIL, Letter
from domain.errors import DeliveryError


class Channel(Protocol):
    """One way to a reader; raises DeliveryError where a letter is not accepted."""

    def send(self, letter: Letter) -> None: ...


class PostOffice:
    """Meets `pipeline.ports.Mailer`: mail, and the channels of the configuration by name.

    ``key`` signs the links by which a reader answers; each letter gets its reader's own on its way out.
    """

    def __init__(self, mail: Channel, channels: Mapping[str, Channel], key: bytes) -> None:
        self._channels = {**channels, MAIL: mail}
        self._key = key

    def send(self, letter: Letter) -> None:
        """Hand the letter over. A fault of one channel's program is trouble of that channel, and of no other."""
        channel = self._channels.get(letter.channel)
        if channel is None:
            raise DeliveryError(None, f"alerts.yaml 的 channels 里没有 {letter.channel}", retry=True)
        try:
            channel.send(personal(letter, self._key))
        except DeliveryError:
            raise
        except Exception as error:
            raise DeliveryError(None, f"意外的错误 {type(error).__name__}", retry=True) from error
