"""The accounts behind the platforms' own interfaces: where their secrets come from, and how long they are good for."""

from __future__ import annotations

from config.settings import Settings, secret
from crawlers.pollers.open_config import OpenConfig
from crawlers.pollers.token_file import TokenFile
from crawlers.pollers.tokens import Account, TokenKeeper
from domain.errors import ConfigError, SourceError

TOKENS_FOLDER = "tokens"


def make_keeper(config: OpenConfig, settings: Settings) -> TokenKeeper:
    """The keeper of a source's token. Nothing is read or asked before it is used."""
    return TokenKeeper(
        config.token_life(),
        config.interface().base_url,
        lambda: _account(config, settings),
        TokenFile(settings.folder / TOKENS_FOLDER, config.token_name),
        settings.main.crawl,
    )


def outlooks(settings: Settings) -> list[tuple[str, bool, str]]:
    """For each enabled source with such an account: its name, whether all is well, and how its tokens stand."""
    sources = [config for config in settings.sources.sources if isinstance(config, OpenConfig) and config.enabled]
    return [(config.name, *make_keeper(config, settings).outlook()) for config in sources]


def _account(config: OpenConfig, settings: Settings) -> Account:
    """What a person gave, read anew."""
    needs = config.token_life().needs
    try:
        values = {part: _value(config, part, settings) for part in needs}
    except ConfigError as error:
        raise SourceError("login", "；".join(error.problems)) from None
    return Account(values, {part: config.credentials.named(part) for part in needs})


def _value(config: OpenConfig, part: str, settings: Settings) -> str | None:
    given = config.credentials
    plain = given.id if part == "id" else None
    return plain or secret(getattr(given, f"{part}_env"), settings.folder, getattr(given, f"{part}_file"))
