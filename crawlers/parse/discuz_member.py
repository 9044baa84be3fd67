"""Whether a page of Discuz! X was made for a member or for a guest. Pure."""

from __future__ import annotations

import re

# common.js needs this variable, so bought templates keep it; the mobile interface says it in JSON.
_UID = re.compile(r"""\bdiscuz_uid\s*=\s*['"](\d+)['"]|"member_uid"\s*:\s*"?(\d+)""")
_LOGOUT = re.compile(r"mod=logging&(?:amp;)?action=logout")
_LOGIN = re.compile(r"mod=logging&(?:amp;)?action=login|id=\"ls_username\"")


def shows_member(text: str) -> bool | None:
    """True on a page made for a member, False on one for a guest; None where the page does not say."""
    if uid := _UID.search(text):
        return int(uid[1] or uid[2]) > 0
    if _LOGOUT.search(text):
        return True
    return False if _LOGIN.search(text) else None
