"""The words a tool's name is read with, and why each list is there.

All entries are in base form (`secret`, not `secrets`), written as they would stand in a name: "api key" is two words in
a row, "k8s" three (k, 8, s). To teach the classifier a word, add it here and nowhere else.
"""

from itertools import chain

from agentsentinel_core.light_dataclasses import dataclass
from agentsentinel_core.tools.capability import ToolCategory
from agentsentinel_core.tools.words import split, word_set


@dataclass(frozen=True, slots=True)
class Verb:
    """A word that says the tool changes something."""

    word: str
    dangerous: bool = False
    """Cannot be taken back, reaches other people, or starts something open-ended."""
    can_be_noun: bool = False
    """After a read verb it names a thing: `list_runs`, `get_upload`."""
    first_only: bool = False
    """Only as the verb in front: `set_price` acts, `data_set` does not."""


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


def _acts(words: str, *, dangerous: bool = False, can_be_noun: bool = False, first_only: bool = False) -> list[Verb]:
    return [Verb(word, dangerous, can_be_noun, first_only) for word in words.split()]


ACTS: dict[str, Verb] = {
    act.word: act
    for act in chain(
        # Pure verbs: they act wherever they stand, also after a read verb (`read_write_file`).
        _acts(
            "write edit create insert rename append replace modify assign cancel publish manage overwrite upsert alter"
        ),
        # Irreversible, or free to do anything.
        _acts("delete remove drop truncate execute exec send kill", dangerous=True),
        # Synonyms of delete, and taking away: all of them were taken for plain reads by keyword lists that forgot them.
        _acts("purge wipe destroy erase terminate revoke shutdown unlink rm rmdir", dangerous=True),
        # Verbs whose word is a noun as well.
        _acts("run deploy reset transfer pay charge purchase withdraw buy", dangerous=True, can_be_noun=True),
        _acts("put post update upload patch move grant export", can_be_noun=True),
        # The everyday verbs of issue trackers, package managers and shells.
        _acts("submit approve uninstall enable disable rotate mkdir chmod chown notify"),
        _acts("merge push commit install invite share forward reply refund schedule rollback", can_be_noun=True),
        # Short words with many other uses.
        _acts(
            "save set add copy start stop restart clear attach detach apply archive import scale fork",
            first_only=True,
            can_be_noun=True,
        ),
        # Words of everyday business that lead a name as a verb and stand elsewhere in it as a noun.
        _acts(
            "book reserve order change register block unblock lock unlock activate deactivate record store mark toggle",
            first_only=True,
            can_be_noun=True,
        ),
        # What a hand does on a page or a screen: forms are sent and things bought by it.
        _acts("click fill press drag tap swipe", first_only=True, can_be_noun=True),
        [Verb("drag and drop")],
    )
}

NOUNS_IN_FRONT = word_set("book order change record store block mark register lock click press tap")
"""Of these, the ones that may be what a name is about: `order_status`, `record_count`, `book_details`."""
ASPECTS = word_set("status history detail info summary price count total rate id name date log type")
"""What a name that begins with a thing asks of it."""

MONEY_VERBS = word_set("process make issue initiate authorize confirm")
MONEY = word_set("payment payout refund withdrawal transaction")
"""With one of the verbs in front they move money: `process_payment`."""

VAGUE_ACTS = word_set("run execute exec post submit")
"""Acts that say that something happens and not what: a body that only reads shows them to be reads (`run_report`)."""

ASKING_VERBS = word_set("scrape crawl extract analyze analyse summarize translate transcribe classify ask calculate")
"""Verbs of tools that send something only to get an answer: services that do this are asked by POST."""

READ_VERBS = word_set("get list read search describe view count check find fetch lookup query show retrieve inspect")
"""A name that begins with one reads, unless it also states a pure act."""

NEVER_NOUN_READ_VERBS = word_set("read get find fetch retrieve describe")
"""Read verbs that mean reading wherever they stand: `db_read`, while `create_view` makes a view."""

CONJUNCTIONS = word_set("and or then")
"""What follows one is a verb again: `find_and_replace`, `get_or_create`."""

SERVICES = word_set(
    """
    asana aws azure bitbucket box browser confluence datadog discord docker dropbox gcp github gitlab gmail google gcs
    hubspot iframe jira k kubernetes kubectl linear mongo mysql notion outlook playwright postgres puppeteer redis s
    salesforce selenium sentry shopify slack snowflake stripe supabase teams telegram terraform trello twilio zendesk
    3 8
    """
)
"""Names put before the verb as a namespace: `github_list_runs`, `s3_get_object`. The loose letters are k8s and s3."""

CODE_WORDS = word_set("exec bash shell eval terminal subprocess repl powershell")
"""A tool named after one runs what it is given; after a read verb they are places to look at (`read_terminal`)."""
CODE_PHRASES = _phrases(
    "run code, python repl, code interpreter, execute code, run command, execute command, computer use"
)
CODE_OBJECTS = word_set("code command cmd script python javascript")
"""After `run` or `execute`, anywhere: `execute_python_code`, `run_in_sandbox_script`."""
CODE_VERBS = word_set("run execute exec")

SECRET_PHRASES = _phrases(
    """
    secret, credential, vault, token, password, passphrase, api key, access key, private key, ssh key,
    encryption key, read env, get env, show env, print env, dump env, env var, env variable, env file, dotenv,
    environment variable, printenv, ssm, secret manager, keyvault, keychain, keyring
    """
)
"""Anything that opens something else. `env` counts because that is where agents are handed their keys."""
SECRET_NAMES = word_set("env environ")
"""Tools that carry one of these as their whole name."""

ADMIN_WORDS = word_set("admin sudo root superuser impersonate")
"""Rights above those of an ordinary user, whatever is done with them."""
ADMIN_NOUNS = word_set("admin root")
"""Of these, the ones that name a thing after a read verb: `list_admins` reads."""
ADMIN_OBJECTS = word_set("iam role permission policy privilege acl")
ADMIN_ACTS = word_set(
    """
    manage set add create update grant revoke assign attach delete remove put edit modify detach assume
    """
)
"""With one of ADMIN_OBJECTS they change who may do what. `assume` and `put` are how the clouds spell it."""

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
"""Which words name which subject. (`https` reduces to `http` like any plural.)"""

WEB_PHRASES = _phrases(
    """
    http request, web request, url request, api request, make request, get request, fetch page, fetch content,
    fetch document, fetch article, fetch site, fetch feed, fetch html
    """
)
"""Loose words that mean the web only together: a `pull request` and `fetch_invoice` do not."""
WEB_NAMES = word_set("fetch request")
"""Tools that carry one of these as their whole name."""

BROWSERS = word_set("browser puppeteer playwright selenium")
"""Whatever is done with one, it shows pages."""
BROWSER_ACTS = word_set("type select check uncheck dblclick submit evaluate handle")
"""With one of them they act on the page, as `click` does anywhere; elsewhere they are reads or nouns."""

INTERNAL_PHRASES = _phrases(
    """
    db, database, sql, postgres, postgresql, mysql, mongo, mongodb, dynamo, dynamodb, redis, sqlite, bigquery,
    snowflake, crm, customer, contact, account, salesforce, hubspot, file, filesystem, directory, folder, s3,
    bucket, blob, gcs, storage, read query, list table, describe table
    """
)
"""Where an organisation keeps what it would not publish."""
INTERNAL_NAMES = word_set("query")
"""The query tool of a database server is often called just that."""

EXTERNAL_VERBS = word_set("send publish upload share notify")
"""Acts that hand something over by their very meaning."""
NOT_OUTWARD = word_set(
    """
    delete remove purge wipe destroy erase drop truncate unlink rm rmdir revoke kill terminate move rename
    archive cancel disable enable clear stop
    """
)
"""Acts that change things outside without carrying anything there: `delete_email`."""
EXTERNAL_OBJECTS = _phrases(
    """
    email, mail, gmail, smtp, webhook, slack, discord, telegram, sms, tweet, post message, post comment, http,
    url, external api, external http, s3, bucket, blob, gcs, dropbox, ftp, sftp, gist, pastebin,
    put object, post request, put request
    """
)
"""Where a write ends up outside. Reading from the same place is no way out, so they need an act beside them."""
EXTERNAL_CHANNELS = _phrases("email, mail, smtp, webhook, sms, external http, external api, http post, http put")
"""Tools named after a channel use it even without a verb (`email_customer`, `webhook`), unless they read."""

NEUTRAL_PHRASES = (
    # What looks like an act, and is a thing.
    "root cause", "square root", "code review", "test run", "dry run", "search run",
    "query run", "press release", "drag and drop", "commit diff", "commit history", "commit message",
    # Tokens of a language model, not of a login.
    "count token", "token count", "token usage", "token limit", "token budget", "token price",
    # Rules written for people, not for machines.
    "refund policy", "return policy", "insurance policy", "privacy policy", "travel policy", "cancellation policy",
    "job role",
    # Addresses and templates are not the channel.
    "email address", "email template", "email validator", "mail address",
    # Other things with the same name: shares on a market, and the folder a note-taking program calls a vault.
    "share price", "market share", "in vault",
)  # fmt: skip
"""Words in a row that mean something harmless together; they are read as one unknown word."""

KNOWN: frozenset[str] = frozenset(
    word
    for entry in chain(
        ACTS, READ_VERBS, ASKING_VERBS, MONEY_VERBS, MONEY, CONJUNCTIONS, SERVICES, CODE_WORDS, CODE_PHRASES,
        CODE_OBJECTS, SECRET_PHRASES, ADMIN_WORDS, SECRET_NAMES, ADMIN_OBJECTS, ADMIN_ACTS,
        chain.from_iterable(CATEGORY_PHRASES.values()), WEB_PHRASES, WEB_NAMES,
        BROWSERS, BROWSER_ACTS, INTERNAL_PHRASES, INTERNAL_NAMES, EXTERNAL_OBJECTS, EXTERNAL_CHANNELS, NEUTRAL_PHRASES,
    )
    for word in split(entry)
)  # fmt: skip
"""Every single word of the lists above."""
