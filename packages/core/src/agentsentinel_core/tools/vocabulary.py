"""Vocabulary of the classifier: lists of words in tool names, with the reason for each list.

All entries are in base form (`secret`, not `secrets`), written as they appear in a name: "api key" is two consecutive
words, "k8s" three (k, 8, s). To add a word to the classifier, add it here and nowhere else.
"""

from itertools import chain

from agentsentinel_core.light_dataclasses import dataclass
from agentsentinel_core.tools.capability import ToolCategory
from agentsentinel_core.tools.words import split, word_set


@dataclass(frozen=True, slots=True)
class Verb:
    """Verb which says that the tool changes something."""

    word: str
    dangerous: bool = False
    """Whether the effect cannot be undone, reaches other people, or is open-ended."""
    can_be_noun: bool = False
    """Whether the word is a noun after a read verb: `list_runs`, `get_upload`."""
    first_only: bool = False
    """Whether the word is a verb only in front: in `set_price` it is one, in `data_set` it is not."""


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


def _acts(words: str, *, dangerous: bool = False, can_be_noun: bool = False, first_only: bool = False) -> list[Verb]:
    return [Verb(word, dangerous, can_be_noun, first_only) for word in words.split()]


ACTS: dict[str, Verb] = {
    act.word: act
    for act in chain(
        # Pure verbs, which count at any position, also after a read verb (`read_write_file`).
        _acts(
            "write edit create insert rename append replace modify assign cancel publish manage overwrite upsert alter"
        ),
        # Irreversible, or open-ended.
        _acts("delete remove drop truncate execute exec send kill", dangerous=True),
        # Synonyms of delete and of removing: keyword lists without them classified such tools as plain reads.
        _acts("purge wipe destroy erase terminate revoke shutdown unlink rm rmdir", dangerous=True),
        # Verbs that can also be nouns.
        _acts("run deploy reset transfer pay charge purchase withdraw buy", dangerous=True, can_be_noun=True),
        _acts("reimburse", dangerous=True),
        # All who depend on what is acted on notice, and it cannot be taken back.
        _acts("restart reboot failover", dangerous=True, first_only=True, can_be_noun=True),
        _acts("put post update upload patch move grant export", can_be_noun=True),
        # The everyday verbs of issue trackers, package managers and shells.
        _acts("submit approve uninstall enable disable rotate mkdir chmod chown notify"),
        _acts("memorize memorise increment decrement repost retweet"),
        _acts("merge push commit install invite share forward reply refund schedule rollback", can_be_noun=True),
        # Short words with many other uses.
        _acts(
            "save set add copy start stop clear attach detach apply archive import scale fork",
            first_only=True,
            can_be_noun=True,
        ),
        # Business words that are verbs at the beginning of a name and nouns elsewhere in it.
        _acts(
            "book reserve order change register block unblock lock unlock activate deactivate record store mark toggle"
            " exchange launch follow unfollow subscribe unsubscribe close reopen",
            first_only=True,
            can_be_noun=True,
        ),
        # Actions on a page or a screen, which can send forms or buy things.
        _acts("click fill press drag tap swipe", first_only=True, can_be_noun=True),
        [Verb("drag and drop")],
    )
}

NOUNS_IN_FRONT = word_set(
    "book order change record store block mark register lock click press tap exchange launch close"
)
"""Verbs of ACTS that can also be the subject at the beginning of a name: `order_status`, `record_count`."""
ASPECTS = word_set("status history detail info summary price count total rate id name date log type")
"""Last words of names that begin with a thing and read one aspect of it: `order_status`, `book_details`."""

HANDOVER_VERBS = word_set("transfer forward escalate delegate")
"""Verbs that with `to` behind them hand the conversation over to an agent or a person: `transfer_to_billing`."""
ACCOUNTS = word_set("account card wallet iban bank balance fund money payee recipient beneficiary cash crypto address")
"""Words of things that money is moved to, after which HANDOVER_VERBS move money: `transfer_to_account`."""

HANDED_OVER = word_set(
    "work conversation control call caller user customer chat task request session dialog dialogue query question it"
    " them you turn case client matter"
)
"""Objects of HANDOVER_VERBS that are handed to another agent or a person: "transfers the conversation to sales"."""

DOERS = {
    "writer": "write", "uploader": "upload", "deleter": "delete",
    "remover": "remove", "updater": "update", "publisher": "publish", "poster": "post", "executor": "execute",
}  # fmt: skip
"""Nouns of tools that are named after what they do, and their verbs: `S3 Writer Tool`."""

MONEY_VERBS = word_set("process make issue initiate authorize confirm")
MONEY = word_set("payment payout refund withdrawal transaction")
"""Nouns that together with one of MONEY_VERBS in front mean moving money: `process_payment`."""

VAGUE_ACTS = word_set("run execute exec post submit")
"""Verbs that do not say what happens; a tool whose body only reads is then a read (`run_report`)."""

ASKING_VERBS = word_set("scrape crawl extract analyze analyse summarize translate transcribe classify ask calculate")
"""Verbs of tools that send data only to get an answer; such services are usually called by POST."""

READ_VERBS = word_set("get list read search describe view count check find fetch lookup query show retrieve inspect")
"""Verbs that make a name a read when it begins with one, unless it also contains a pure verb of ACTS."""

NEVER_NOUN_READ_VERBS = word_set("read get find fetch retrieve describe")
"""Read verbs that mean reading at any position: `db_read`. In contrast, `create_view` creates a view."""

CONJUNCTIONS = word_set("and or then")
"""Conjunctions, after which a verb follows: `find_and_replace`, `get_or_create`."""

SERVICES = word_set(
    """
    asana aws azure bitbucket box browser confluence datadog discord docker dropbox gcp github gitlab gmail google gcs
    hubspot iframe jira k kubernetes kubectl linear mongo mysql notion outlook playwright postgres puppeteer redis s
    salesforce selenium sentry shopify slack snowflake stripe supabase teams telegram terraform trello twilio zendesk
    3 8
    """
)
"""Names of services used as a namespace before the verb: `github_list_runs`, `s3_get_object`.

The single letters and digits are the words of k8s and s3.
"""

CODE_WORDS = word_set("exec bash shell eval terminal subprocess repl powershell")
"""Words for tools that run their input as code; after a read verb they are things to read (`read_terminal`)."""
CODE_PHRASES = _phrases(
    "run code, python repl, code interpreter, execute code, run command, execute command, computer use"
)
CODE_OBJECTS = word_set("code command cmd script python javascript")
"""Nouns that mean code execution anywhere after `run` or `execute`: `execute_python_code`, `run_in_sandbox_script`."""
CODE_VERBS = word_set("run execute exec")

SECRET_PHRASES = _phrases(
    """
    secret, credential, vault, token, password, passphrase, api key, access key, private key, ssh key,
    encryption key, read env, get env, show env, print env, dump env, env var, env variable, env file, dotenv,
    environment variable, printenv, ssm, secret manager, keyvault, keychain, keyring
    """
)
"""Credentials and places that hold them. `env` counts because agents usually get their keys through the environment."""
SECRET_CHECKS = word_set("verify validate check test introspect count estimate")
"""Verbs in front that only compare or count a secret which the caller has: `verify_token`."""
SECRET_NAMES = word_set("env environ")
"""Whole names of tools that read secrets."""

ADMIN_WORDS = word_set("admin sudo root superuser impersonate")
"""Words for rights above those of an ordinary user, with any verb."""
ADMIN_NOUNS = word_set("admin root")
"""Words of ADMIN_WORDS that are nouns after a read verb: `list_admins` is a read."""
ADMIN_OBJECTS = word_set("iam role permission policy privilege acl")
ADMIN_ACTS = word_set(
    """
    manage set add create update grant revoke assign attach delete remove put edit modify detach assume
    """
)
"""Verbs that together with one of ADMIN_OBJECTS change permissions. Cloud APIs use `assume` and `put` for this."""

CATEGORY_PHRASES: dict[ToolCategory, tuple[str, ...]] = {
    ToolCategory.ADMIN: _phrases(
        """
        admin, iam, role, permission, policy, sudo, privilege, acl, superuser, impersonate
        """
    ),
    ToolCategory.INFRASTRUCTURE: _phrases(
        """
        deploy, deployment, container, docker, k8s, kubernetes, kubectl, helm, aws, gcp, azure, terraform, ec2,
        lambda, ecs, eks, gke, cloudformation
        """
    ),
    ToolCategory.DATABASE: _phrases(
        """
        db, database, sql, query, postgres, postgresql, mysql, mongo, mongodb, dynamo, dynamodb, redis, sqlite,
        bigquery, snowflake
        """
    ),
    ToolCategory.STORAGE: _phrases("s3, bucket, blob, object, gcs, presigned, storage"),
    ToolCategory.CRM: _phrases("crm, customer, account, contact, salesforce, hubspot"),
    ToolCategory.COMMUNICATION: _phrases(
        """
        email, mail, gmail, smtp, slack, webhook, notify, sns, sqs, sms, message, discord, telegram
        """
    ),
    ToolCategory.WEB_READ: _phrases(
        """
        http, url, web, website, webpage, scrape, scraper, browse, browser, crawl, internet, puppeteer, playwright,
        duckduckgo, tavily, wikipedia
        """
    ),
    ToolCategory.FILESYSTEM: _phrases("file, filesystem, directory, folder, disk, path"),
    ToolCategory.ANALYTICS: _phrases("analytics, metric, report, dashboard, bi, insight"),
}
"""Words and phrases of each category. (`https` reduces to `http` like any plural.)"""

WEB_PHRASES = _phrases(
    """
    http request, web request, url request, api request, make request, fetch page, fetch content,
    fetch document, fetch article, fetch site, fetch feed, fetch html
    """
)
"""Phrases that mean reading the web although their words alone do not: `pull request` and `fetch_invoice` do not."""
WEB_ADDRESSES = word_set("url http")
"""Words of addresses, which are the web only with one of WEB_VERBS: `get_price_list_urls` reads none of them."""
WEB_VERBS = word_set("fetch read load open visit download scrape crawl browse extract summarize parse")
WEB_TEXTS = word_set("content text html page body markdown")
"""Words of what stands at an address: `get_url_content`."""
WEB_NAMES = word_set("fetch request http url curl wget")
"""Whole names of tools that read the web."""

STRANGERS = word_set("anybody anyone everybody everyone stranger public community other")
"""Words for people outside, whose texts are the web when a tool reads them: "posts of anybody"."""
STRANGERS_TEXTS = word_set("post tweet toot comment review thread reply video channel profile")
"""Texts that people publish."""
PUBLIC_NETWORKS = _phrases(
    """
    tweet, toot, subreddit, mastodon, bluesky, hashtag, timeline, hacker news, hackernews, stack overflow,
    stackoverflow, social network, social media, youtube, tiktok, instagram, public post, public feed
    """
)
"""Places where strangers publish."""

BROWSERS = word_set("browser puppeteer playwright selenium")
"""Words for browsers, which return web pages with any verb."""
BROWSER_ACTS = word_set("type select check uncheck dblclick submit evaluate handle")
"""Verbs that act on the page after one of BROWSERS; elsewhere they are reads or nouns. `click` always acts."""

INTERNAL_PHRASES = _phrases(
    """
    db, database, sql, postgres, postgresql, mysql, mongo, mongodb, dynamo, dynamodb, redis, sqlite, bigquery,
    snowflake, crm, customer, contact, account, salesforce, hubspot, file, filesystem, directory, folder, s3,
    bucket, blob, gcs, storage, read query, list table, describe table, email, mail, gmail, inbox, mailbox, outlook,
    message, chat history, conversation, slack, teams message, discord, ticket, jira, zendesk, linear issue, wiki,
    confluence, notion, sharepoint, calendar, meeting, appointment, order, cart, reservation, invoice,
    employee, payroll, patient, medical record
    """
)
"""Places where an organisation keeps data that is not public."""
INTERNAL_NAMES = word_set("query")
"""Whole names of tools that read internal data; a database server's query tool often has this name."""

EXTERNAL_VERBS = word_set("send publish upload share notify")
"""Verbs whose meaning includes passing something to others."""
BUCKETS = word_set("s3 bucket blob gcs")
BUCKET_WRITES = word_set("put upload copy write save store sync push export move replace insert append share publish")
"""Verbs that put data into a bucket; creating or configuring one sends nothing out."""
INFRASTRUCTURE_ACTS = word_set("start stop restart reboot failover scale deploy rollback terminate shutdown")
INFRASTRUCTURE_OBJECTS = word_set(
    "service server host cluster instance node vm pod database machine daemon spare bucket"
)
"""Things that a system runs on, which one of INFRASTRUCTURE_ACTS changes for all who depend on them."""
NOT_OUTWARD = word_set(
    """
    delete remove purge wipe destroy erase drop truncate unlink rm rmdir revoke kill terminate move rename
    archive cancel disable enable clear stop
    """
)
"""Verbs that change something outside without sending data there: `delete_email`."""
EXTERNAL_OBJECTS = _phrases(
    """
    email, mail, gmail, smtp, webhook, slack, discord, telegram, sms, tweet, post message, post comment, http,
    create issue, tracker issue, github issue, gitlab issue, jira issue, create post, create comment, pull request,
    url, external api, external http, s3, bucket, blob, gcs, dropbox, ftp, sftp, gist, pastebin,
    put object, post request, put request
    """
)
"""Destinations outside the organisation. They count only with a verb that writes, because reading sends nothing out."""
EXTERNAL_CHANNELS = _phrases("email, mail, smtp, webhook, sms, external http, external api, http post, http put")
"""Channels that a tool named after them sends to even without a verb (`email_customer`, `webhook`), unless it reads."""

NEUTRAL_PHRASES = (
    # Phrases that contain a verb and name a thing.
    "root cause", "square root", "code review", "test run", "dry run", "search run",
    "query run", "press release", "drag and drop", "commit diff", "commit history", "commit message",
    # Tokens of a language model, not credentials.
    "count token", "token count", "token usage", "token limit", "token budget", "token price",
    # Policies and roles of people, not of access control.
    "refund policy", "return policy", "insurance policy", "privacy policy", "travel policy", "cancellation policy",
    "job role",
    # Addresses and templates do not send anything.
    "email address", "email template", "email validator", "mail address",
    # The order of things, and messages that are not sent to people.
    "sort order", "order by", "error message", "status message", "log message", "help message", "welcome message",
    # Other things with the same name: shares on a market, and the folder a note-taking program calls a vault.
    "share price", "market share", "in vault",
)  # fmt: skip
"""Phrases that are harmless although their words are not; each is treated as one unknown word."""

KNOWN: frozenset[str] = frozenset(
    word
    for entry in chain(
        ACTS, READ_VERBS, ASKING_VERBS, MONEY_VERBS, MONEY, CONJUNCTIONS, SERVICES, CODE_WORDS, CODE_PHRASES,
        CODE_OBJECTS, DOERS, HANDOVER_VERBS, HANDED_OVER, ACCOUNTS, SECRET_CHECKS,
        WEB_ADDRESSES, WEB_VERBS, WEB_TEXTS, BUCKETS,
        BUCKET_WRITES, INFRASTRUCTURE_ACTS, INFRASTRUCTURE_OBJECTS, SECRET_PHRASES, ADMIN_WORDS, SECRET_NAMES,
        ADMIN_OBJECTS, ADMIN_ACTS,
        chain.from_iterable(CATEGORY_PHRASES.values()), WEB_PHRASES, WEB_NAMES,
        STRANGERS, STRANGERS_TEXTS, PUBLIC_NETWORKS,
        BROWSERS, BROWSER_ACTS, INTERNAL_PHRASES, INTERNAL_NAMES, EXTERNAL_OBJECTS, EXTERNAL_CHANNELS, NEUTRAL_PHRASES,
    )
    for word in split(entry)
)  # fmt: skip
"""Every word that occurs in the lists above."""
