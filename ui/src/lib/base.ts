/** The path that the dashboard is served below: empty, or such as `/sentinel` behind a proxy. Its code is in assets/. */
const ownUrl = import.meta.url;

export const BASE = import.meta.env.DEV ? "" : new URL("..", ownUrl).pathname.replace(/\/$/, "");
