"""Calls in JavaScript and the effects that they have outside the process, by method and by owner."""

import re

from agentsentinel_core.lazy_regex import lazy_compile

SHELLS = frozenset({"exec", "execSync", "execAsync", "execPromise"})

SPAWNERS = frozenset(
    {"spawn", "spawnSync", "execFile", "execFileSync", "execFileAsync", "fork", "execa", "execaCommand", "x"}
)

PROCESS_MODULES = lazy_compile(
    r"child_process|execa|cross-spawn|zx|shelljs|tinyexec|nano-spawn|promise-spawn|node-pty|^bun$|dax"
)

REQUIRED_PROCESS = lazy_compile(r"""(?:require|import)\(["'](?:node:)?child_process["']\)\)?$""")
"""Owner that is the module itself: `require("child_process").execSync(line)`."""

PROMISIFIED = ("promisify(exec", "util.promisify(exec")
"""Beginnings of a function that passes a command line to a shell."""

SHELL_TEMPLATES = lazy_compile(r"^(?:bun|execa|zx|dax\w*|@david/dax|@webpod/ps)$")
"""Packages whose `$` runs a template as a command: $`sh -c ${line}`."""

INTERPRETER = lazy_compile(r"(?i)shell|bash|python|node|interpret|execPath|cmd|command|deno|ruby|docker|ssh")
"""Words in the name of a program which show that it runs code from its arguments."""

QUOTES = lazy_compile(r"sh|q|shq|quote|\w+Quoted?|quote\w+|escapeShell\w*|shell[Ee]scape\w*|\w+EscapeArg\w*")
"""Functions that quote a text, so that a shell reads it as one argument."""

EVALS = frozenset(
    {"eval", "Function", "runInNewContext", "runInThisContext", "runInContext", "Script", "compileFunction"}
)

RUNNERS = lazy_compile(
    r"(?:run|exec|execute)(?:Code|Python|JavaScript|TypeScript)(?:Async|Mode|Cell|Block|InSandbox)?"
    r"|notebook|evaluateExpression"
)

FILE_READS = frozenset(
    {"readFile", "readFileSync", "readdir", "readdirSync", "createReadStream", "stat", "statSync", "lstat", "realpath"}
)

FILE_WRITES = frozenset(
    {
        "writeFile", "writeFileSync", "appendFile", "appendFileSync", "createWriteStream", "mkdir", "mkdirSync",
        "rename", "renameSync", "copyFile", "copyFileSync", "cp", "outputFile", "ensureDir", "truncate", "symlink",
        "chmod",
    }
)  # fmt: skip

FILE_DELETES = frozenset({"unlink", "unlinkSync", "rm", "rmSync", "rmdir", "rmdirSync", "rimraf"})

FILE_OWNERS = lazy_compile(r"(?:^|\.)(?:fs|fsp|fsPromises|promises|fse|Deno|Bun)(?:\.promises)?$")

HTTP_OWNERS = lazy_compile(
    r"(?:^|\.)(?:axios|got|ky|superagent|needle|http|https|client|api|httpClient|apiClient|\$http)$", re.I
)

REQUESTERS = lazy_compile(r"(?:request|fetch|callApi|apiCall|api)(?:Json)?$", re.I)

STATEMENT_CALLS = frozenset({"query", "execute", "unsafe", "raw", "$queryRawUnsafe", "$executeRawUnsafe"})

SQL_OWNERS = lazy_compile(r"(?i)(?:pool|conn|connection|db|database|sql|pg|postgres|mysql|sqlite|client|knex|prisma)$")

ASKING_METHODS = frozenset({"query", "chat", "retrieve", "invoke", "ask", "run"})

ASKED = lazy_compile(r"(?i)(?:engine|index|retriever|workflow|chain|rag|knowledgeBase)(?:\([^()]*\))?$")
"""Owners of ASKING_METHODS that answer questions: `queryEngine.query({ query })`."""

KEY_WRITES = frozenset({"set", "del", "hset", "hdel", "lpush", "rpush", "sadd", "zadd", "expire", "flushall", "incr"})

KEY_READS = frozenset({"get", "keys", "hget", "hgetall", "lrange", "smembers", "scan", "mget"})

SQL_WRITERS = frozenset(
    {
        "insertOne", "insertMany", "updateOne", "updateMany", "deleteOne", "deleteMany", "replaceOne", "bulkWrite",
        "findOneAndUpdate", "findOneAndDelete", "findByIdAndUpdate", "findByIdAndDelete", "upsert", "createMany",
        "$executeRaw", "$executeRawUnsafe", "dropTable", "createTable", "dropCollection",
    }
)  # fmt: skip

SQL_READERS = frozenset(
    {
        "findMany",
        "findFirst",
        "findUnique",
        "findOne",
        "findById",
        "aggregate",
        "$queryRaw",
        "$queryRawUnsafe",
        "countDocuments",
    }
)

ORM_OWNERS = lazy_compile(r"(?:^|\.)(?:prisma|tx|db|database|knex|supabase|trx|orm|repository|repo)\b", re.I)

ORM_WRITERS = frozenset(
    {"truncate", "create", "update", "delete", "insert", "upsert", "save", "remove", "del", "destroy"}
)

BUILDERS = lazy_compile(r"(?:^|\.)(?:supabase|db|knex|trx)\b.*\.(?:from|table|into)\b|^(?:knex|db)\(", re.I | re.S)

TABLES = lazy_compile(r"\.(?:from|table|into|collection)\(\s*[\"'`][^\"'`]{1,80}[\"'`]\s*\)$")
"""Ends of owners that are a table of a query builder, whatever the client is called: `sb.from("users")`."""

MAILERS = frozenset({"sendMail", "sendEmail", "SendEmailCommand", "SendRawEmailCommand", "sendTransactionalEmail"})

MAIL_OWNERS = lazy_compile(
    r"(?:resend|mail|mailer|sgMail|sendgrid|postmark|mailgun|emails|messages|transporter|ses)", re.I
)

MESSENGERS = frozenset(
    {"postMessage", "postEphemeral", "sendMessage", "sendText", "publishCommand", "PublishCommand", "sendSms"}
)

MESSAGE_OWNERS = lazy_compile(r"(?:slack|discord|telegram|twilio|channel|bot|whatsapp|webhook|chat|sns|teams)", re.I)

BROWSER_OWNERS = lazy_compile(
    r"(?:page|browser|context|chromium|firefox|webkit|puppeteer|playwright|stagehand|locator)$", re.I
)

SECRET_READ = lazy_compile(
    r"^(?:GetSecretValue|GetParameters?|BatchGetSecretValue)Command$|^(?:getSecret|accessSecretVersion|readSecret)$"
)

CLOUD_OWNERS = lazy_compile(
    r"(?:s3|bucket|blob|gcs|storage|dynamo|ec2|lambda|octokit|github|gitlab|k8s|kube|cloudflare)", re.I
)

PAYERS = lazy_compile(
    r"(?:paymentIntents|charges|refunds|payouts|transfers|checkout\.sessions|invoices|subscriptions)$"
)

VERB_WRITE = lazy_compile(
    r"^(?:create|update|delete|remove|put|post|patch|merge|add|set|upload|close|apply|replace|send)", re.I
)

SQL_CALLS = frozenset({"query", "execute", "run", "all", "get", "prepare", "raw", "unsafe", "exec", "each", "queryRaw"})

BROWSERS = frozenset(
    {
        "goto", "newPage", "newContext", "launch", "screenshot", "launchPersistentContext", "connectOverCDP", "click",
        "fill", "hover", "selectOption", "type", "press", "evaluate", "$eval", "waitForSelector",
    }
)  # fmt: skip

CLOUD_WRITE = lazy_compile(
    r"^(?:Put|Delete|Create|Update|Terminate|Start|Stop|Run|Send|Modify|Attach|Detach|Copy|Invoke|Tag)\w+Command$"
)

CLOUD_READ = lazy_compile(r"^(?:Get|List|Describe|Head|Scan|Query|Search|Lookup|BatchGet)\w+Command$")
