"""Signing in with an OpenID provider: found by issuer and subject, never by an address alone (hazard 43)."""

from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from api.served_api import Api, served_api
from apiinone.db import Sql, Tx
from apiinone.receiving_people import outside_of
from apiinone.settings import Settings, SettingsError
from apiinone.web.sign_in_pages import HOME
from databases import sqlite_url
from web.browsing import PASSWORD, Browser, Seen, letters, somebody
from web.openid_provider import CLIENT, SECRET, OpenIdProvider, openid_provider

ADA = {"sub": "ada-1", "email": "Ada@Example.com", "email_verified": True, "name": "Ada"}


@pytest.fixture
async def provider() -> AsyncGenerator[OpenIdProvider]:
    async with openid_provider() as one:
        one.says = dict(ADA)
        yield one


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path, provider: OpenIdProvider) -> AsyncGenerator[Api]:
    settings = {"oidc_issuer": provider.url, "oidc_client_id": CLIENT, "oidc_name": "Example ID"}
    environ = {"OIDC_CLIENT_SECRET": SECRET}
    async with served_api(sqlite_url(sqlite_path), tmp_path, environ=environ, working=False, **settings) as api:
        yield api


async def there_and_back(provider: OpenIdProvider, browser: Browser, path: str = "/sign-in/with?next=/account") -> Seen:
    went = await browser.get(path)
    assert went.status == 303, went.text
    back = provider.approve(went.location)
    assert back.startswith(browser.site.url)
    return await browser.get(back.removeprefix(browser.site.url))


async def count(site: Api, sql: Sql) -> int:
    return (await site.app.database.rows(sql))[0][0]


async def test_somebody_new_gets_an_account_and_is_the_same_the_next_time(site: Api, provider: OpenIdProvider) -> None:
    browser = Browser(site)
    assert "Continue with Example ID" in (await browser.get("/sign-in")).text
    assert (await there_and_back(provider, browser)).location == "/account"
    assert "Ada" in (await browser.get("/account")).text
    provider.says["email"] = "moved@example.com"
    again = Browser(site)
    assert (await there_and_back(provider, again, "/sign-in/with?next=/pricing")).location == "/pricing"
    assert "ada@example.com" in (await again.get("/account/profile")).text
    assert await count(site, Sql("SELECT count(*) FROM people")) == 1
    assert await count(site, Sql("SELECT count(*) FROM balances WHERE mode = 'test' AND available_micro > 0")) == 1


async def test_a_known_person_is_never_found_by_the_address(site: Api, provider: OpenIdProvider) -> None:
    ada = await somebody(site, "ada@example.com")
    browser = Browser(site)
    seen = await there_and_back(provider, browser)
    assert (seen.status, "add Example ID on the security page" in seen.text) == (409, True)
    assert (await browser.get("/account")).status == 303
    added = await there_and_back(provider, ada, "/account/security/identity")
    assert added.location == "/account/security"
    assert provider.url in (await ada.get("/account/security")).text
    assert (await there_and_back(provider, browser)).location == "/account"
    assert "ada@example.com" in (await browser.get("/account/profile")).text


async def test_an_identity_is_added_by_who_has_just_shown_who_they_are(site: Api, provider: OpenIdProvider) -> None:
    ada = await somebody(site, "ada@example.com")
    went = await ada.get("/account/security/identity")
    await change(site, Sql("UPDATE sessions SET stepped_up_us = 1"))
    assert (await ada.get("/account/security/identity")).location.startswith("/confirm-identity")
    back = provider.approve(went.location).removeprefix(site.url)
    assert (await ada.get(back)).location.startswith("/confirm-identity")
    assert await count(site, Sql("SELECT count(*) FROM identities")) == 0


async def test_an_identity_of_one_person_is_not_added_to_another(site: Api, provider: OpenIdProvider) -> None:
    await there_and_back(provider, Browser(site))
    bob = await somebody(site, "bob@example.com")
    seen = await there_and_back(provider, bob, "/account/security/identity")
    assert (seen.status, "Somebody else signs in with it" in seen.text) == (409, True)


async def test_a_flight_that_one_browser_began_lands_in_no_other(site: Api, provider: OpenIdProvider) -> None:
    ada, bob = Browser(site), await somebody(site, "bob@example.com")
    went = await ada.get("/sign-in/with")
    back = provider.approve(went.location).removeprefix(site.url)
    assert (await bob.get(back)).status == 400
    await bob.get("/account/security/identity")
    assert (await bob.get(back)).status == 400
    assert (await ada.get(back)).location == HOME
    assert (await ada.get(back)).status == 400


async def test_a_sign_up_that_was_never_confirmed_is_void_once_the_provider_has_confirmed(
    site: Api, provider: OpenIdProvider
) -> None:
    stranger = Browser(site)
    await stranger.get("/sign-up")
    await stranger.post("/sign-up", name="Stranger", email="ada@example.com", password=PASSWORD)
    (letter,) = await letters(site)
    browser = Browser(site)
    assert (await there_and_back(provider, browser)).location == "/account"
    assert (await stranger.sign_in("ada@example.com")).status == 422
    link = letter.text[letter.text.index("/confirm?") :].split()[0]
    assert (await stranger.get(link)).status == 410


async def test_an_address_that_the_provider_did_not_verify_makes_nobody(site: Api, provider: OpenIdProvider) -> None:
    provider.says["email_verified"] = False
    seen = await there_and_back(provider, Browser(site))
    assert (seen.status, await count(site, Sql("SELECT count(*) FROM people"))) == (403, 0)


async def test_a_token_for_another_flight_signs_nobody_in(site: Api, provider: OpenIdProvider) -> None:
    wrong = ({"nonce": "another"}, {"aud": "other"}, {"azp": "other"}, {"iss": "https://elsewhere.example"}, {"exp": 1})
    for changes in (*wrong, {"at_hash": "bm90IHRoaXMgb25lISE"}):
        provider.changes = dict(changes)
        seen = await there_and_back(provider, Browser(site))
        assert (seen.status, await count(site, Sql("SELECT count(*) FROM people"))) == (400, 0), changes


async def test_a_code_that_was_used_or_was_given_to_another_browser_signs_nobody_in(
    site: Api, provider: OpenIdProvider
) -> None:
    ada = Browser(site)
    back = provider.approve((await ada.get("/sign-in/with")).location).removeprefix(site.url)
    before = dict(ada.cookies)
    assert (await ada.get(back)).location == HOME
    keeper = Browser(site)
    keeper.cookies.update(before)
    assert (await keeper.get(back)).status == 400
    assert provider.asked.count("/token_endpoint") == 2
    thief = Browser(site)
    began = provider.approve((await thief.get("/sign-in/with")).location).removeprefix(site.url)
    stolen = provider.approve((await ada.get("/sign-in/with")).location)
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    state = parse_qs(urlsplit(began).query)["state"][0]
    assert (await thief.get(f"/sign-in/with/back?{urlencode({'code': code, 'state': state})}")).status == 400
    assert (await thief.get("/account")).status == 303


async def test_an_answer_without_a_state_or_a_code_is_not_even_asked_about(site: Api, provider: OpenIdProvider) -> None:
    for left_out in ("state", "code"):
        browser = Browser(site)
        back = provider.approve((await browser.get("/sign-in/with")).location)
        answer = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items() if name != left_out}
        assert (await browser.get(f"/sign-in/with/back?{urlencode(answer)}")).status == 400
    refused = Browser(site)
    state = parse_qs(urlsplit((await refused.get("/sign-in/with")).location).query)["state"][0]
    assert (await refused.get(f"/sign-in/with/back?error=access_denied&state={state}")).status == 400
    assert "/token_endpoint" not in provider.asked


async def test_keys_are_kept_and_asked_for_once_more_where_none_of_them_signed(
    site: Api, provider: OpenIdProvider
) -> None:
    for _ in range(2):
        assert (await there_and_back(provider, Browser(site))).status == 303
    assert provider.asked.count("/jwks_uri") == 1
    provider.sign_with_another_key()
    for _ in range(2):
        assert (await there_and_back(provider, Browser(site))).status == 303
    assert provider.asked.count("/jwks_uri") == 2
    provider.sign_with_another_key(published=False)
    assert (await there_and_back(provider, Browser(site))).status == 400
    assert provider.asked.count("/jwks_uri") == 3


async def test_a_provider_that_calls_itself_otherwise_is_not_gone_to(site: Api, provider: OpenIdProvider) -> None:
    provider.issuer_said = "https://elsewhere.example"
    assert (await Browser(site).get("/sign-in/with")).status == 503


async def test_a_code_is_asked_for_after_the_provider_too(site: Api, provider: OpenIdProvider) -> None:
    await there_and_back(provider, Browser(site))
    await change(site, Sql("UPDATE people SET totp_confirmed_us = 1, totp_sealed = 'x', totp_step = 1"))
    browser = Browser(site)
    assert (await there_and_back(provider, browser)).location == "/sign-in/code?next=/account"
    assert (await browser.get("/account")).status == 303


async def test_the_last_way_in_is_not_taken_away(site: Api, provider: OpenIdProvider) -> None:
    browser = Browser(site)
    await there_and_back(provider, browser)
    await browser.get("/account/security")
    await browser.post("/account/security/identity/end")
    assert await count(site, Sql("SELECT count(*) FROM identities")) == 1
    assert "Set a password first" in (await browser.get("/account/security")).text
    assert (await browser.post("/account/security/password", new_password=PASSWORD)).location == "/account/security"
    await browser.get("/account/security")
    await browser.post("/account/security/identity/end")
    assert await count(site, Sql("SELECT count(*) FROM identities")) == 0


async def test_without_a_provider_there_is_no_such_page(sqlite_path: Path, tmp_path: Path) -> None:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as site:
        browser = Browser(site)
        assert "Continue with" not in (await browser.get("/sign-in")).text
        assert [(await browser.get(path)).status for path in ("/sign-in/with", "/sign-in/with/back")] == [404, 404]


@pytest.mark.parametrize(
    ("issuer", "client", "named"),
    [
        ("http://id.example", "one", "OIDC_ISSUER"),
        ("id.example", "one", "OIDC_ISSUER"),
        ("https://id.example?x=1", "one", "OIDC_ISSUER"),
        ("https://user@id.example", "one", "OIDC_ISSUER"),
        ("https://id.example", "", "OIDC_CLIENT_ID"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(issuer: str, client: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        outside_of(Settings(oidc_issuer=issuer, oidc_client_id=client), {}, None, None)  # pyright: ignore[reportArgumentType] - not reached


async def change(site: Api, sql: Sql) -> None:
    async def work(tx: Tx) -> None:
        await tx.run(sql)

    await site.app.database.transact(work)
