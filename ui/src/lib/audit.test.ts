import { expect, test } from "vitest";
import type { Mention } from "../api/types";
import { splitAtMentions } from "./audit";

const BOT: Mention = { id: "01a204ce-1d5c-7c83-b0b4-a64d8106495c", kind: "agent", name: "bot", is_there: true };

test("an id with a name is replaced by what it means, and another one stays", () => {
  const other = BOT.id.replace(/c$/, "d");
  expect(splitAtMentions(`scope agent, agent ${BOT.id}; new key ${other}`, [BOT])).toEqual([
    "scope agent, agent ",
    BOT,
    "; new key ",
    other,
  ]);
  expect(splitAtMentions(BOT.id, [BOT])).toEqual([BOT]);
  expect(splitAtMentions("", [])).toEqual([]);
});
