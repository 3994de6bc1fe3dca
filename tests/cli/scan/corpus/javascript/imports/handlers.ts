import { pool } from "./pool.js";

export async function handleDelete({ id }: { id: number }) {
  await pool.query("DELETE FROM products WHERE id = $1", [id]);
  return { content: [] };
}
