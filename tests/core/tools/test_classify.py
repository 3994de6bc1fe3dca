"""What a name alone says. The examples are the product's promises; a change here is a change for every customer."""

import pytest

from agentsentinel_core.tools import Capability, ToolCategory, ToolScope, classify
from agentsentinel_core.tools.classify import corrected, merged
from agentsentinel_core.tools.effects import EffectKind, ObservedEffect
from agentsentinel_core.tools.words import word_set

READ, WRITE, ADMIN = ToolScope.READ, ToolScope.WRITE, ToolScope.ADMIN

FILESYSTEM_READS = sorted(
    word_set(
        """
    read_file read_text_file read_media_file read_multiple_files list_directory list_directory_with_sizes
    directory_tree search_files get_file_info list_allowed_directories
    """
    )
)
FILESYSTEM_WRITES = ["write_file", "edit_file", "create_directory", "move_file"]


@pytest.mark.parametrize("name", ["crm_search", "search_crm", "read_database", *FILESYSTEM_READS])
def test_a_plain_read_is_internal_and_harmless(name):
    found = classify(name)
    assert (found.scope, found.is_dangerous) == (READ, False)
    assert found.capabilities == {Capability.INTERNAL_READ}


@pytest.mark.parametrize("name", FILESYSTEM_WRITES)
def test_filesystem_writes_are_local_writes_and_not_dangerous(name):
    found = classify(name)
    assert (found.scope, found.is_dangerous) == (WRITE, False)
    assert found.capabilities == {Capability.LOCAL_WRITE}
    assert found.category is ToolCategory.FILESYSTEM


def test_sending_mail_is_a_dangerous_external_write():
    found = classify("send_email")
    assert (found.scope, found.is_dangerous) == (WRITE, True)
    assert found.capabilities == {Capability.EXTERNAL_WRITE}


def test_fetching_over_http_is_a_web_read_and_no_way_out():
    assert classify("http_fetch").capabilities == {Capability.WEB_READ}


# A keyword, and a name that merely contains its letters.
FALSE_HITS = [
    ("run", "prune"), ("run", "runtime"), ("run", "trunk"),
    ("edit", "credit"), ("edit", "reddit"), ("edit", "editor"),
    ("send", "sender"),
    ("put", "output"), ("put", "input"), ("put", "compute"),
    ("post", "postal"),
    ("drop", "dropdown"), ("kill", "skills"), ("reset", "preset"), ("patch", "dispatch"), ("move", "movement"),
    ("eval", "evaluate"), ("eval", "retrieval"), ("db", "feedback"), ("file", "profile"), ("url", "hourly"),
    ("aws", "flaws"), ("aws", "draws"), ("ecs", "specs"), ("iam", "diameter"), ("bi", "mobile"), ("bi", "billing"),
    ("path", "empathy"), ("token", "tokenize"), ("get", "target"), ("get", "budget"), ("view", "review"),
    ("view", "interview"), ("read", "thread"), ("read", "ready"), ("read", "already"),
]  # fmt: skip


@pytest.mark.parametrize(("keyword", "word"), FALSE_HITS)
@pytest.mark.parametrize("shape", ["{}", "{}_status", "get_{}", "my{}", "the-{}s"])
def test_letters_inside_another_word_are_not_a_hit(keyword, word, shape):
    name = shape.format(word.capitalize() if shape == "my{}" else word)
    found = classify(name)
    assert (found.scope, found.is_dangerous) == (READ, False), f"{keyword!r} was seen in {name!r}: {found.reasons}"
    assert not found.capabilities
    assert found.categories == {ToolCategory.OTHER}


def test_post_is_not_seen_in_postgres():
    found = classify("postgres_lookup")
    assert found.scope is READ
    assert found.categories == {ToolCategory.DATABASE}


@pytest.mark.parametrize(
    "act",
    sorted(
        word_set(
            """
        purge wipe destroy erase terminate transfer pay publish export grant revoke manage
        """
        )
    ),
)
def test_an_act_that_keyword_lists_forget_is_no_plain_read(act):
    assert classify(f"{act}_records").scope is not READ


@pytest.mark.parametrize(
    "act",
    sorted(
        word_set(
            """
        write edit create delete remove move rename execute exec run patch update insert drop truncate
        send post put upload deploy reset kill append replace modify publish transfer pay grant revoke
        assign cancel save set add copy purge wipe destroy erase terminate shutdown
        """
        )
    ),
)
def test_every_act_writes(act):
    assert classify(f"{act}_thing").scope is WRITE
    assert classify(act).scope is WRITE


@pytest.mark.parametrize(
    "act",
    sorted(
        word_set(
            """
        delete remove drop truncate execute exec run send deploy reset kill purge wipe destroy erase
        terminate shutdown transfer pay revoke
        """
        )
    ),
)
def test_a_dangerous_act_is_dangerous(act):
    assert classify(f"{act}_thing").is_dangerous


@pytest.mark.parametrize(
    "act",
    sorted(
        word_set(
            """
    write edit create move rename patch update insert post put upload publish
    """
        )
    ),
)
def test_an_ordinary_write_is_not_dangerous(act):
    assert not classify(f"{act}_thing").is_dangerous


@pytest.mark.parametrize("name", ["data_set", "ticket_save", "customer_copy", "list_add"])
def test_words_with_many_uses_act_only_in_front(name):
    assert classify(name).scope is READ


@pytest.mark.parametrize(
    "name",
    [
        "list_deployments", "get_user_role", "read_upload", "view_run_logs", "list_deleted_files", "get_post",
        "count_resets", "check_update", "describe_transfer", "find_copy", "search_grants", "fetch_patch", "get_set",
        "list_running_jobs", "deleted_files_list", "github_list_commits", "mcp__github__list_workflow_runs",
        "slack.posts.list", "blog_posts", "list_admins", "get_merge_request", "s3_get_upload",
    ],
)  # fmt: skip
def test_behind_a_read_verb_a_noun_is_a_noun(name):
    found = classify(name)
    assert (found.scope, found.is_dangerous) == (READ, False), found.reasons


@pytest.mark.parametrize(
    "name",
    [
        "read_write_file", "get_or_create", "find_and_replace", "list_then_run", "search_and_update", "get_delete",
        "update_list", "user_list_update", "posts_message", "github_create_issue", "mcp__fs__write_file",
        "files.delete", "k8s_apply", "deleteUser", "readThenUpload",
    ],
)  # fmt: skip
def test_a_stated_act_counts_behind_a_read_verb_too(name):
    assert classify(name).scope is WRITE


@pytest.mark.parametrize(
    "name",
    [
        "execute_python_code", "run_code", "run_shell_command", "exec", "bash", "python_repl", "terminal",
        "subprocess_call", "eval", "runCommand", "run_in_sandbox_script", "code_interpreter", "run_python", "Shell",
        "computer_use",
    ],
)  # fmt: skip
def test_running_code_is_recognised_and_dangerous(name):
    found = classify(name)
    assert Capability.CODE_EXECUTION in found.capabilities
    assert found.category is ToolCategory.CODE_EXECUTION
    assert found.is_dangerous


@pytest.mark.parametrize(
    "name",
    ["WikipediaQueryRun", "run_query", "execute_trade", "read_terminal", "run_evals", "code_search", "run_code_review"],
)
def test_not_every_run_is_code(name):
    assert Capability.CODE_EXECUTION not in classify(name).capabilities


@pytest.mark.parametrize(
    "name",
    [
        "admin_panel", "admin_list_users", "sudo", "root_login", "superuser_console", "impersonate_user",
        "list_superusers", "manage_roles", "set_permission", "add_role", "create_iam_user", "update_policy",
        "grant_privilege", "revoke_acl", "assign_role", "attach_policy", "delete_role", "remove_permission",
        "iam_role_add", "assume_role",
    ],
)  # fmt: skip
def test_elevated_rights_are_admin(name):
    found = classify(name)
    assert found.scope is ADMIN
    assert Capability.ADMIN in found.capabilities


@pytest.mark.parametrize(
    "name", ["get_user_role", "list_permissions", "describe_policy", "list_granted_roles", "administer"]
)
def test_looking_at_rights_is_not_admin(name):
    assert classify(name).scope is READ


def test_a_dangerous_admin_tool_is_both():
    found = classify("delete_role")
    assert (found.scope, found.is_dangerous) == (ADMIN, True)


@pytest.mark.parametrize("name", ["write_file", "delete_customer", "update_database", "s3_put_object"])
def test_a_tool_that_only_writes_is_no_internal_read(name):
    assert Capability.INTERNAL_READ not in classify(name).capabilities


def test_a_tool_that_reads_and_writes_is_both():
    assert classify("read_write_file").capabilities == {Capability.INTERNAL_READ, Capability.LOCAL_WRITE}


@pytest.mark.parametrize(
    "name",
    [
        "send_message", "smtp_send", "post_webhook", "webhook", "http_post", "requests_post", "slack_post_message",
        "s3_put_object", "upload_file", "email_customer", "publish_report", "post_to_url", "external_http_call",
    ],
)  # fmt: skip
def test_ways_out_are_external_writes(name):
    found = classify(name)
    assert Capability.EXTERNAL_WRITE in found.capabilities, found.reasons
    assert found.scope is WRITE


@pytest.mark.parametrize(
    "name", ["search_emails", "slack_list_channels", "delete_email", "get_email_address", "read_webhook"]
)
def test_a_channel_that_is_only_read_or_emptied_is_no_way_out(name):
    assert Capability.EXTERNAL_WRITE not in classify(name).capabilities


@pytest.mark.parametrize(
    "name",
    ["http_fetch", "fetch", "fetch_url", "web_search", "scrape_page", "browse", "requests_get", "puppeteer_click"],
)
def test_reading_the_web_is_a_web_read(name):
    assert Capability.WEB_READ in classify(name).capabilities


@pytest.mark.parametrize(
    "name",
    [
        "playwright_click", "puppeteer_fill", "browser_type", "browser_select_option", "playwright_iframe_fill",
        "browser_press_key", "playwright_drag", "browser_evaluate", "playwright_click_and_switch_tab",
    ],
)  # fmt: skip
def test_what_a_hand_does_in_a_browser_writes_and_its_pages_are_strangers(name):
    found = classify(name)
    assert found.scope is WRITE
    assert Capability.WEB_READ in found.capabilities


@pytest.mark.parametrize("name", ["click", "fill_form", "press_key", "tap_element", "swipe_screen", "drag_and_drop"])
def test_what_a_hand_does_writes_without_a_browser_in_the_name_and_is_not_dangerous(name):
    found = classify(name)
    assert (found.scope, found.is_dangerous) == (WRITE, False)


@pytest.mark.parametrize(
    "name",
    [
        "browser_navigate", "browser_snapshot", "playwright_screenshot", "click_rate", "get_click_count", "type_check",
        "press_release_search", "ad_click_report", "list_taps", "select_rows",
    ],
)  # fmt: skip
def test_looking_at_a_page_and_counting_clicks_is_a_read(name):
    assert classify(name).scope is READ


@pytest.mark.parametrize("name", ["fetch_invoice", "list_pull_requests", "webhook", "delete_url", "get_merge_request"])
def test_not_everything_fetched_or_requested_is_the_web(name):
    assert Capability.WEB_READ not in classify(name).capabilities


@pytest.mark.parametrize(
    "name",
    [
        "get_secret",
        "vault_read",
        "read_env",
        "get-env",
        "list_credentials",
        "get_api_key",
        "ssm_get",
        "getPassword",
        "env",
    ],
)
def test_reading_secrets_is_recognised(name):
    assert Capability.SECRETS in classify(name).capabilities


@pytest.mark.parametrize(
    "name", ["count_tokens", "token_usage", "delete_secret", "list_files_in_vault", "list_environments"]
)
def test_not_every_token_is_a_secret(name):
    assert Capability.SECRETS not in classify(name).capabilities


@pytest.mark.parametrize("name", ["deploy_container", "k8s_apply", "terraform_run", "ec2_terminate", "lambda_update"])
def test_changing_what_runs_where_is_infrastructure(name):
    assert Capability.INFRASTRUCTURE in classify(name).capabilities


@pytest.mark.parametrize("name", ["search_crm", "send_email", "manage_roles", "frobnicate", ""])
def test_every_class_says_why(name):
    assert all(classify(name).reasons)


def test_a_bare_name_is_read_once():
    assert classify("search_crm") is classify("search_crm")


@pytest.mark.parametrize(
    ("name", "scope", "dangerous"),
    [
        ("book_flight", "write", False),
        ("order_item", "write", False),
        ("order_status", "read", False),
        ("order_history_lookup", "read", False),
        ("change_state", "write", False),
        ("change_log", "read", False),
        ("unlock_door", "write", False),
        ("process_payment", "write", True),
        ("process_data", "read", False),
        ("get_payment", "read", False),
        ("git_commit_diff", "read", False),
        ("git_commit", "write", False),
    ],
)
def test_words_of_business_act_in_front_and_name_a_thing_elsewhere(name, scope, dangerous):
    found = classify(name)
    assert (found.scope.value, found.is_dangerous) == (scope, dangerous)


def capabilities_of(name):
    return sorted(capability.value for capability in classify(name).capabilities)


@pytest.mark.parametrize(
    "name",
    [
        "read_email", "search_emails", "get_inbox", "list_mailboxes", "get_customer_ticket", "search_wiki_pages",
        "list_calendar_events", "get_slack_messages", "get_order", "order_status", "view_cart", "find_reservation",
        "lookup_invoice", "read_chat_history", "search_confluence", "get_notion_page", "jira_search", "list_employees",
    ],
)  # fmt: skip
def test_what_an_organisation_keeps_is_read_internally(name):
    found = classify(name)
    assert (found.scope, capabilities_of(name)) == (READ, ["internal-read"]), name


@pytest.mark.parametrize(
    "name",
    [
        "follow_person", "follow", "repost", "reimburse", "exchange_ordered_items", "failover_to_spare", "memorize",
        "increment_counter", "launch_app", "close_ticket", "reopen_issue", "unsubscribe_user", "decrement_stock",
    ],
)  # fmt: skip
def test_verbs_that_act_are_writes(name):
    assert classify(name).scope is WRITE


@pytest.mark.parametrize("name", ["exchange_rate", "get_exchange_rate", "launch_date", "close_price", "list_followers"])
def test_the_same_words_as_things_are_reads(name):
    assert classify(name).scope is READ


@pytest.mark.parametrize("name", ["restart_service", "reboot_host", "failover_cluster", "restart_vm"])
def test_what_others_depend_on_is_not_restarted_harmlessly(name):
    found = classify(name)
    assert found.is_dangerous
    assert Capability.INFRASTRUCTURE in found.capabilities


@pytest.mark.parametrize("name", ["transfer_to_billing", "escalate_to_human", "forward_to_agent", "delegate_to_writer"])
def test_handing_a_conversation_over_changes_nothing(name):
    found = classify(name)
    assert (found.scope, found.is_dangerous) == (READ, False)


@pytest.mark.parametrize("name", ["transfer_to_account", "transfer_to_bank_card", "transfer_funds", "forward_email"])
def test_moving_money_or_mail_is_no_handover(name):
    assert classify(name).scope is WRITE


@pytest.mark.parametrize("name", ["create_bucket", "update_bucket_policy", "enable_s3_versioning"])
def test_an_empty_bucket_sends_nothing_out(name):
    assert Capability.EXTERNAL_WRITE not in classify(name).capabilities


@pytest.mark.parametrize("name", ["upload_to_s3", "put_bucket_object", "S3 Writer Tool", "blob_uploader"])
def test_what_is_put_into_a_bucket_leaves(name):
    found = classify(name)
    assert Capability.EXTERNAL_WRITE in found.capabilities
    assert Capability.INTERNAL_READ not in found.capabilities


@pytest.mark.parametrize("name", ["get_price_list_urls", "get_request_types", "list_http_headers", "update_url"])
def test_an_address_in_a_name_is_no_web_page(name):
    assert Capability.WEB_READ not in classify(name).capabilities


@pytest.mark.parametrize("name", ["fetch_url", "read_url", "get_url_content", "http_get", "open_url", "visit_website"])
def test_what_stands_at_an_address_is_one(name):
    assert Capability.WEB_READ in classify(name).capabilities


@pytest.mark.parametrize("name", ["verify_token", "validate_password", "check_api_key", "count_tokens"])
def test_checking_a_secret_reads_none(name):
    assert Capability.SECRETS not in classify(name).capabilities


def test_reading_one_does():
    assert Capability.SECRETS in classify("get_api_key").capabilities


@pytest.mark.parametrize("name", ["create_tracker_issue", "github_create_issue", "create_post"])
def test_what_others_read_in_their_systems_leaves(name):
    assert Capability.EXTERNAL_WRITE in classify(name).capabilities


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("ToGardenDesk", "Transfers work to a desk that knows gardens."),
        ("billing", "Transfer to billing."),
        ("support_desk", "Forwards the conversation to a person."),
        ("CompleteOrEscalate", "Escalate the dialog to the main assistant."),
        ("specialist", "Delegate a task to the research agent."),
    ],
)
def test_a_hand_over_is_neither_a_write_nor_dangerous(name, description):
    found = classify(name, description=description)
    assert (found.scope, found.is_dangerous) == (READ, False)


@pytest.mark.parametrize(
    "description",
    [
        "Transfers money to an account.",
        "Transfer 10 euros to the payee.",
        "Forwards the mail to another address.",
        "Transfers the file to the FTP server.",
    ],
)
def test_what_moves_money_or_things_is_not_a_hand_over(description):
    assert classify("helper", description=description).scope is WRITE


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("search", "Search for posts of anybody that hold these words."),
        ("get_thread", "Return the replies of everyone in a thread."),
        ("read_hashtag", ""),
        ("get_home_timeline", ""),
        ("list_videos", "List the public videos of a channel."),
        ("latest", "Get the latest comments from the community."),
    ],
)
def test_what_strangers_publish_is_the_web(name, description):
    assert Capability.WEB_READ in classify(name, description=description).capabilities


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("get_blog_posts", "Return the posts of our blog."),
        ("get_review", "Return the review of a pull request."),
        ("list_comments", "List the comments of a ticket."),
        ("get_key", "Return the public key of the service."),
    ],
)
def test_what_colleagues_write_is_not_the_web(name, description):
    assert Capability.WEB_READ not in classify(name, description=description).capabilities


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("run_query", "Run a SQL query against PostgreSQL"),
        ("execute_sql_query", "Executes it."),
        ("query_runner", "Runs queries in Postgres."),
    ],
)
def test_running_sql_reads_what_is_inside(name, description):
    assert Capability.INTERNAL_READ in classify(name, description=description).capabilities


def test_what_gives_several_tools_can_do_all_that_any_of_them_can() -> None:
    given = [classify("read_mail"), classify("send_mail"), classify("delete_file")]
    found = merged("Kit", given)
    assert found.name == "Kit"
    assert found.scope is max((one.scope for one in given), key=lambda scope: scope.rank)
    assert found.is_dangerous
    assert found.capabilities == frozenset().union(*(one.capabilities for one in given))
    assert merged("Kit", [classify("wave")]).categories == classify("wave").categories
    assert all(reason.startswith(("read_mail: ", "send_mail: ", "delete_file: ")) for reason in found.reasons)


@pytest.mark.parametrize("name", ["long_running_tool", "get_running_jobs", "nightly_scheduled_report"])
def test_a_participle_before_a_noun_is_not_an_act(name):
    assert classify(name).scope is ToolScope.READ


@pytest.mark.parametrize("name", ["running_job", "job_and_deleting_users"])
def test_a_participle_in_front_or_after_a_conjunction_is_one(name):
    assert classify(name).scope is ToolScope.WRITE


@pytest.mark.parametrize("name", ["run_eval_case", "start_eval_suite", "run_eval_dataset"])
def test_an_evaluation_that_is_run_is_no_code(name):
    assert Capability.CODE_EXECUTION not in classify(name).capabilities


@pytest.mark.parametrize("name", ["eval", "js_eval", "run_eval", "run_eval_code", "eval_expression"])
def test_eval_itself_runs_code(name):
    assert Capability.CODE_EXECUTION in classify(name).capabilities


@pytest.mark.parametrize("text", ["Never call this right after send_message.", "Delete_user() comes before this one."])
def test_the_name_of_another_tool_in_a_description_is_not_an_act(text):
    assert classify("get_messages", description=text).scope is ToolScope.READ


@pytest.mark.parametrize("program", ["gog", "kubectl", "ffmpeg"])
def test_a_fixed_program_is_no_code_whatever_the_description_calls_its_arguments(program):
    body = [ObservedEffect(EffectKind.SUBPROCESS, f"subprocess.run(['{program}', *args])")]
    schema = {"properties": {"command": {}}}
    found = classify("do_it", description="Run a command of the program.", input_schema=schema, body=body)
    assert found.scope is ToolScope.WRITE
    assert Capability.CODE_EXECUTION not in found.capabilities


@pytest.mark.parametrize("call", ["subprocess.run(['bash', '-c', line])", "subprocess.run(['npx', pkg])", "run(line)"])
def test_an_interpreter_or_a_program_of_the_callers_choice_is_code(call):
    body = [ObservedEffect(EffectKind.SUBPROCESS, call)]
    found = classify("do_it", description="Run a command.", body=body)
    assert Capability.CODE_EXECUTION in found.capabilities


def test_executing_a_statement_that_only_reads_is_not_dangerous():
    text = "Execute a SQL query on the company database."
    read = [ObservedEffect(EffectKind.SQL_READ, "cursor.execute(query)")]
    free = [ObservedEffect(EffectKind.SQL_WRITE, "cursor.execute(query)")]
    assert classify("query_database", description=text, body=read).scope is ToolScope.READ
    assert classify("query_database", description=text, body=free).is_dangerous


def test_a_corrected_class_says_what_a_person_says_and_keeps_the_subjects_of_the_name():
    found = corrected("send_email", scope=WRITE, is_dangerous=False, capabilities=[], reason="only drafts")
    assert (found.scope, found.is_dangerous, found.reasons) == (WRITE, False, ("only drafts",))
    assert found.capabilities == {Capability.LOCAL_WRITE}
    assert found.categories == {ToolCategory.COMMUNICATION}


def test_the_subjects_that_are_capabilities_follow_the_corrected_ones():
    deploying = corrected(
        "notes", scope=WRITE, is_dangerous=True, capabilities=[Capability.INFRASTRUCTURE], reason="it deploys"
    )
    assert ToolCategory.INFRASTRUCTURE in deploying.categories
    harmless = corrected("run_command", scope=READ, is_dangerous=False, capabilities=[], reason="prints the date")
    assert ToolCategory.CODE_EXECUTION not in harmless.categories
    assert harmless.categories


@pytest.mark.parametrize(
    ("is_dangerous", "capabilities"), [(True, []), (False, [Capability.EXTERNAL_WRITE]), (False, [Capability.ADMIN])]
)
def test_a_tool_that_only_reads_cannot_be_corrected_to_change_something(is_dangerous, capabilities):
    with pytest.raises(ValueError, match="write or admin"):
        corrected("x", scope=READ, is_dangerous=is_dangerous, capabilities=capabilities, reason="r")
