"""Which sites are known to search, sell, show videos or be social, and what the medium of a campaign says of a visit.

Source: PostHog's page on channel types for the mediums. The sites are common knowledge; PostHog's list has more of the
rare ones.
"""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.analytics.hogql.functions.model import Function

_SITES = {
    "Search": """
        360.cn aol ask ask.com baidu baidu.com bing bing.com search.brave.com daum daum.net dogpile.com duckduckgo
        duckduckgo.com ecosia.org exalead.com google goo.ne.jp kagi.com lycos lycos.com mojeek.com msn naver naver.com
        neeva.com onet.pl perplexity.ai qwant qwant.com presearch.com rambler rambler.ru search.yahoo.com seznam
        seznam.cz so.com sogou sogou.com startpage.com swisscows.com yahoo yahoo.com yandex you.com chatgpt.com
        """,
    "Social": """
        bsky.app discord.com discord.gg deviantart.com douban.com dribbble.com facebook facebook.com fb fb.me
        flickr flickr.com glassdoor.com goodreads.com hackernews ig instagram instagram.com l.facebook.com
        l.instagram.com lm.facebook.com m.facebook.com lemmy.world line.me linkedin linkedin.com lnkd.in lobste.rs
        mastodon.social medium.com meetup.com messenger.com news.ycombinator.com nextdoor.com ok.ru out.reddit.com
        pinterest pinterest.com producthunt producthunt.com quora quora.com reddit reddit.com slashdot.org snapchat
        snapchat.com stackexchange.com stackoverflow.com substack.com t.co t.me telegram threads.net tumblr tumblr.com
        twitter twitter.com viadeo.com vk vk.com weibo weibo.com wa.me whatsapp whatsapp.com wordpress.com x.com
        xing xing.com yelp yelp.com
        """,
    "Video": """
        bilibili.com crunchyroll.com dailymotion dailymotion.com disneyplus disneyplus.com hulu hulu.com iqiyi.com
        netflix netflix.com odysee.com rumble.com tiktok tiktok.com twitch twitch.tv utreon.com vimeo vimeo.com wistia
        wistia.com youku.com youtu.be youtube youtube.com m.youtube.com
        """,
    "Shopping": """
        alibaba alibaba.com aliexpress aliexpress.com allegro.pl amazon bestbuy.com bol.com ebay etsy etsy.com
        flipkart.com igshopping jd.com mercadolibre.com mercadolivre.com rakuten.com rakuten.co.jp shop.app shopify
        shopify.com shopping.google.com shopzilla.com taobao.com temu.com tmall.com walmart walmart.com wish.com
        zalando.com
        """,
    "Email": "mail.aol.com mail.google.com gmail mail.yahoo.com outlook.live.com mail.proton.me mail.ru",
}  # fmt: skip
_COUNTRIES = {
    "Search": {
        "google": """
            com ad ae at be bg ca ch cl cn co.id co.il co.in co.jp co.ke co.kr co.nz co.th co.uk co.za com.ar com.au
            com.br com.co com.eg com.hk com.mx com.my com.ng com.pe com.ph com.pk com.sa com.sg com.tr com.tw com.ua
            com.vn cz de dk ee es fi fr gr hr hu ie is it lt lu lv nl no pl pt ro rs ru se si sk
            """,
        "yandex": "com ru by kz ua com.tr com.ge uz",
        "yahoo": "co.jp co.uk",
    },
    "Shopping": {
        "amazon": "com ae ca cn co.jp co.uk com.au com.be com.br com.mx com.tr de eg es fr ie in it nl pl sa se sg",
        "ebay": "com at be ca ch co.uk com.au com.hk com.my com.sg de es fr ie it nl ph pl",
        "etsy": "me",
    },
    "Social": {"pinterest": "at ca ch co.uk com.au com.mx de dk es fr it jp nz pt se"},
}  # fmt: skip

# What a campaign's medium says, unless it was paid for, and if it was; nothing is said where it is paid and not here.
_MEDIUMS = {
    "Affiliate": "affiliate partnership partnerships",
    "Referral": "app link referral",
    "Audio": "audio",
    "Email": "email e-mail e_mail",
    "Push": "mobile notification push",
    "Display": "banner cpm display expandable interstitial",
    "Organic Social": "social social-media social-network sm",
    "Organic Video": "video",
}
_SPACED = {"Email": ("e mail",), "Organic Social": ("social media", "social network")}
_PAID = {"Display": "Display", "Organic Social": "Paid Social", "Organic Video": "Paid Video"}


def _transformed(name: str, told: dict[str, str]) -> str:
    names, values = (", ".join(f"'{each}'" for each in part) for part in (told.keys(), told.values()))
    return f"transform({name}, [{names}], [{values}], NULL)"


def _sites() -> Iterator[tuple[str, str]]:
    for kind, names in _SITES.items():
        yield from ((name, kind) for name in names.split())
    for kind, sites in _COUNTRIES.items():
        for site, countries in sites.items():
            yield from ((f"{site}.{country}", kind) for country in countries.split())


def _by_site(how: str | None) -> str:
    """Return SQL for what a site stands for: as it is, or as what it is registered as. Nobody pays for mail."""
    told = {name: f"{how} {kind}" if how else kind for name, kind in _sites() if kind != "Email"}
    if how != "Paid":
        told |= {name: kind for name, kind in _sites() if kind == "Email"}
    name = "coalesce({0}, '')"
    return f"coalesce({_transformed(name, told)}, {_transformed(f'cutToFirstSignificantSubdomain({name})', told)})"


def _by_medium(*, is_paid: bool) -> str:
    said = {
        word: channel
        for channel, words in _MEDIUMS.items()
        for word in (*words.split(), *_SPACED.get(channel, ()))
    }  # fmt: skip
    if is_paid:
        said = {word: _PAID[channel] for word, channel in said.items() if channel in _PAID}
    return _transformed("coalesce({0}, '')", said)


LOOKUPS = (
    Function("hogql_lookupDomainType", _by_site(None), 1, 1, keeps_name=True),
    Function("hogql_lookupPaidSourceType", _by_site("Paid"), 1, 1, keeps_name=True),
    Function("hogql_lookupOrganicSourceType", _by_site("Organic"), 1, 1, keeps_name=True),
    Function("hogql_lookupPaidMediumType", _by_medium(is_paid=True), 1, 1, keeps_name=True),
    Function("hogql_lookupOrganicMediumType", _by_medium(is_paid=False), 1, 1, keeps_name=True),
)
