"""Words that an operation may be made of, and the names by which tools and arguments are recognised.

To have a program, an SQL verb or an action reported by its name, add it here and nowhere else. Each has at most
LONGEST_WORD characters of `a-z 0-9 _ . -`, without JOINT, so that MOST_WORDS of them fit in an event.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OTHER = "other"
"""Stands for every word that is not listed, and for what cannot be read with certainty."""
JOINT = "+"
MOST_WORDS = 4
LONGEST_WORD = 15

# --- tools and their arguments ----------------------------------------------------------------------------------------

SHELL_TOOLS = _words(
    """
    bash sh zsh shell terminal powershell pwsh cmd exec execute command commands console subprocess
    """
)
"""Words in the names of tools that run a command line."""
SQL_TOOLS = _words(
    """
    sql query database db postgres postgresql mysql mariadb sqlite mssql oracle snowflake bigquery redshift
    duckdb clickhouse athena databricks trino presto warehouse
    """
)
HTTP_TOOLS = _words("http https request requests fetch api rest url webhook curl")
ACTION_TOOLS = _words(
    """
    browser browse computer page playwright puppeteer selenium desktop screen mouse keyboard mail email gmail
    outlook message messages messaging slack discord teams telegram whatsapp sms chat notification edit editor
    """
)

SHELL_ARGUMENTS = ("command", "cmd", "commands", "script", "commandline", "command_line", "shell_command", "argv")
LINES_ARGUMENT = "commands"
"""Argument whose list holds command lines, and not the words of one."""
SQL_ARGUMENTS = ("sql", "query", "statement", "sql_query", "queries", "statements", "command", "script")
METHOD_ARGUMENTS = ("method", "http_method", "verb")
ACTION_ARGUMENTS = ("action", "command", "operation", "type")
"""Names of arguments, in lower case; the first that is there counts."""
ENVELOPES = ("action", "input", "arguments", "args", "params", "kwargs", "tool_input")
"""Arguments whose object may hold the arguments themselves."""

# --- programs ---------------------------------------------------------------------------------------------------------

NETWORK_PROGRAMS = _words(
    """
    aria2c aws az axel azcopy curl dig doctl ftp ftps gcloud gh glab gsutil heroku host iperf irm iwr lftp lynx
    mail mailx masscan mc msmtp mutt nc ncat netcat ngrok nmap nslookup ping rclone rsync s3cmd s5cmd scp
    sendmail sftp smbclient snowsql socat ssh sshfs swaks telnet tftp tor torsocks traceroute tshark tcpdump
    wget whois wrk cloudflared http httpie bq flyctl netlify vercel wrangler certutil bitsadmin
    """
)
"""Programs that talk to other machines: the first to be kept where an operation has too many words."""
POWERFUL_PROGRAMS = _words(
    """
    ansible apt apt-get at atq awk base32 base64 bash batch brew bun bundle bunx busctl cargo chattr chgrp chmod
    chown chpasswd chroot cmd composer conda cp crontab csh dash dd debugfs deno dnf docker doas eval fdisk fish
    gawk gcc gdb gem go gpg helm iex iptables java julia kill killall ksh kubectl launchctl ln lua mkfs mawk
    mount mkfifo mysql mysqldump nft node nodejs npm npx nsenter openssl osascript parted passwd perl pg_dump
    pg_restore php pip pipx pkexec pkill pnpm podman poetry powershell psql python r redis-cli reg rm rmdir
    rscript ruby runuser schtasks screen script sed setcap sh shred shutdown sqlite3 start-process stop-process
    strace su sudo swift sysctl systemctl tclsh tee terraform tmux truncate ts-node tsx ufw umount unlink
    unshare useradd userdel usermod uv uvx visudo vi vim wmic xxd yarn yum zsh mongo mongosh mongodump bcp
    sqlcmd source alias trap enable remove-item reboot halt poweroff insmod modprobe pulumi vault op pass
    security secret-tool keytool ssh-add ssh-keygen ssh-keyscan ssh-copy-id service sc net netsh nix nix-shell
    snap flatpak pacman apk dpkg rpm zypper tar zip unzip 7z osqueryi ldapsearch kinit
    """
)
"""Programs that run code, change permissions or other processes, destroy, pack, or read secrets."""
COMMON_PROGRAMS = _words(
    """
    act addr2line ag ant arch arp astro autoconf automake ar as awscli bandit basename bat bazel bc bear bison
    black bg blkid bzip2 bunzip2 cal cat cc ccache chsh cksum clang clang-format clang-tidy cloc cmake cmp
    code column comm copy-item cpio crictl csplit csvcut ctags ctest cut cypress cython date deactivate del
    delta df diff diff3 difft dir dirname dirs dmesg dos2unix dotnet dpkg-query du dvc echo egrep eslint env erb
    esbuild etcdctl exa expand expect expr eza factor false fc fd fdfind ffmpeg ffprobe fg fgrep file find
    findstr flake8 fmt fold free fuser fzf gcov gdown get-childitem get-command get-content get-date
    get-item get-location get-member get-process get-service getconf getent gfortran git git-lfs gofmt
    golangci-lint gradle gradlew graphviz grep groups gunzip gzip hash hatch hd head hexdump history hostname
    hostnamectl htop hyperfine iconv id ifconfig info install invoke ip ipconfig ipython isort jar javac javap
    jest jobs join journalctl jq jshell jupyter just kind kotlinc kustomize last ld ldconfig ldd less locale
    locate logger logname look ls lsattr lsb_release lsblk lscpu lsof lspci ltrace lz4 m4 make makeinfo man
    markdownlint mccabe md5 md5sum measure-object meson mkdir mktemp mocha more move-item mv mvn mypy nano
    nbstripout netstat new-item next nice ninja nl nm nox nproc ntpq numfmt nvidia-smi nvm nx objdump od openapi
    packer pandoc paste patch pdftotext pdm pgrep phpunit pip-audit pkg-config playwright pmap pr pre-commit
    prettier printenv printf ps pstree ptx pushd pwd pwsh pyenv pylint pyright pytest qemu radon rake ranlib
    readelf readlink realpath redis-server rename ren rev rg rollup rspec rubocop ruff rustc rustfmt rustup sbt
    scons sdiff select-object select-string semgrep seq serve set-content set-location sha1sum sha256sum
    sha512sum shasum shellcheck shfmt shuf size sleep sloccount sort sort-object split ss stat storybook stow
    strings strip stylelint sum svn swc sync tac tail taplo task tasklist taskkill terragrunt test test-path
    tldr toilet top touch tox tr tree trivy true tsc tsort tty turbo type uname unexpand uniq units unix2dos
    unrar unxz unzstd uptime users vale valgrind vite vitest vmstat w wait watchman wc webpack where
    where-object whereis which who whoami write-host write-output xcodebuild xcrun xmllint xz yamllint yes yq
    zcat zgrep zstd copy move md rd attrib systeminfo compgen complete declare dotenv cd export popd read set
    unset umask ulimit shopt local typeset readonly exit return break continue shift clear getopts let
    """
)
PROGRAM_SYNONYMS = {
    ".": "source",
    "c++": "gcc",
    "g++": "gcc",
    ":": "true",
    "[": "test",
    "[[": "test",
    "invoke-webrequest": "iwr",
    "invoke-restmethod": "irm",
    "invoke-expression": "iex",
    "start-bitstransfer": "bitsadmin",
    "nc.openbsd": "nc",
    "nc.traditional": "nc",
}
QUIET_PROGRAMS = _words(
    """
    true false test cd pushd popd dirs export set unset shopt ulimit umask local declare typeset readonly echo
    printf sleep wait pwd exit return break continue shift clear read getopts let set-location write-host
    write-output
    """
)
"""Programs without an effect beyond their own shell: reported where they write to a file, or nothing else runs."""
FILTERS = _words(
    """
    cat column comm cut egrep expand fgrep fmt fold grep head jq less measure-object more nl rev rg
    select-object select-string sort sort-object tac tail tr uniq wc where-object yq
    """
)
"""Programs that only reduce what another one prints: left out behind a pipe unless they write to a file."""
SHELLS = _words("bash sh zsh dash ksh fish csh powershell pwsh cmd")
"""Programs that run the command line behind an option such as `-c`."""
SHELL_OPTIONS = _words("-command -encodedcommand /c /k --command")
"""Options with a command line, in lower case, beside those of one dash that end in `c`."""
SHELL_VALUES = _words("-o +o --rcfile --init-file -executionpolicy -version -workingdirectory")
"""Options of shells with a value, in lower case."""
WRAPPERS = {
    "sudo": ("-u -g -h -p -C -r -t -D -R -T --user --group --host --chdir", 0),
    "doas": ("-u -C", 0),
    "env": ("-u -C --unset --chdir", 0),
    "time": ("-f -o", 0),
    "nohup": ("", 0),
    "command": ("", 0),
    "builtin": ("", 0),
    "exec": ("-a", 0),
    "nice": ("-n", 0),
    "ionice": ("-c -n", 0),
    "stdbuf": ("-i -o -e", 0),
    "timeout": ("-s -k --signal --kill-after", 1),
    "setsid": ("", 0),
    "xargs": ("-I -n -P -L -d -E -s -a", 0),
    "watch": ("-n --interval", 0),
    "busybox": ("", 0),
    "unbuffer": ("", 0),
    "caffeinate": ("-t -w", 0),
    "coproc": ("", 0),
}
"""Programs that start the one behind them, their options with a value, and how many arguments come before it."""
LAUNCHERS = {
    "chroot": ("--userspec --groups", 1),
    "ltrace": ("-o -e -p -s -u -n -a -l", 0),
    "nsenter": ("-t --target -S -G", 0),
    "pkexec": ("--user", 0),
    "runuser": ("-u -g -G", 0),
    "strace": ("-o -e -p -s -u -E -a -b -I -O -P -S -X", 0),
    "torsocks": ("-a -P -u -p", 0),
    "unshare": ("-S -G -R -w", 0),
}
"""Programs that do something themselves and start another, which is named with them; options as in WRAPPERS."""
OPAQUE_LAUNCHERS = _words("screen script tmux")
"""Programs that may start another by an argument which is not read."""
EXECUTING_OPTIONS = {
    "find": _words("-exec -execdir -ok -okdir"),
    "fd": _words("-x -X --exec --exec-batch"),
    "rg": _words("--pre"),
    "sort": _words("--compress-program"),
}
"""Programs with the options behind which another program stands."""
PROGRAMS = (
    NETWORK_PROGRAMS | POWERFUL_PROGRAMS | COMMON_PROGRAMS
    | frozenset(WRAPPERS) | frozenset(LAUNCHERS) | OPAQUE_LAUNCHERS | frozenset(EXECUTING_OPTIONS)
)  # fmt: skip
RESERVED = _words("if then else elif while until do ! {")
"""Words of the shell's grammar behind which a program may stand."""
WITHOUT_PROGRAM = _words("for select case fi done esac }")
"""Words of the shell's grammar behind which none stands."""
BIN_FOLDERS = _words("bin sbin .bin scripts system32")
"""Folders whose files are known by their name alone."""
SUFFIXES = (".exe", ".cmd", ".bat")

# --- SQL, HTTP, actions -----------------------------------------------------------------------------------------------

CHANGING_VERBS = _words(
    """
    alter attach call comment copy create delete deny detach do drop execute export grant import insert kill
    listen load merge notify optimize purge put refresh reindex remove rename replace restore revoke shutdown
    truncate unload update upsert vacuum
    """
)
"""SQL verbs that change data, definitions or rights, or run what is not seen: the first to be kept."""
READING_VERBS = _words("analyze check describe explain fetch get list pragma select show summarize table values with")
QUIET_VERBS = _words(
    """
    abort begin close commit deallocate declare discard end lock open prepare release reset rollback savepoint
    set start unlock use
    """
)
"""SQL verbs of sessions and transactions: reported where nothing else is done."""
SQL_VERBS = CHANGING_VERBS | READING_VERBS | QUIET_VERBS
SQL_SYNONYMS = {"desc": "describe", "exec": "execute", "analyse": "analyze"}
INNER_VERBS = _words("delete insert merge update replace")
"""Verbs that do the work of a statement which begins with one of OUTER_VERBS."""
OUTER_VERBS = _words("with explain prepare")

METHODS = _words("get head post put patch delete options trace connect query")
ACTIONS = _words(
    """
    accept add append archive back cancel check clear click close close_tab confirm copy create cursor_position
    cut delete dismiss done double_click download drag draft edit evaluate execute extract fill find finish
    focus forward get go_back go_forward goto hold_key hover insert invite join key keypress leave left_click
    list login logout mark_read middle_click mouse_down mouse_move mouse_up move move_mouse navigate new new_tab
    open open_tab paste pin post press publish query react read redo refresh reload remove rename reply
    right_click run save schedule screenshot scroll search select send set share sleep snapshot star stop
    str_replace submit subscribe switch_tab tap triple_click type type_text uncheck undo undo_edit unsubscribe
    update upload view wait wait_for write write_file zoom create_file
    """
)
"""Actions of browser, computer, editor and message tools."""
