/** Parts of the dashboard that are fetched when they are first shown, and can be fetched again after a failure. */
import { type ComponentType, createElement, use } from "react";

/** The code of a page did not arrive: the server was out of reach, or has been replaced by a newer one. */
export class PageNotLoaded extends Error {
  constructor(
    cause: unknown,
    /** Fetches it again; false when that fails, too. */
    readonly loadAgain: () => Promise<boolean>,
  ) {
    super("The code of this page could not be loaded", { cause });
  }
}

type Lazy = (() => React.ReactNode) & { preload?: (() => Promise<void>) | undefined };

/**
 * A route's component. The router's own `lazyRouteComponent` reloads the document when code is missing, and a document
 * that is reloaded offline is the browser's error page, without the navigation. This one throws `PageNotLoaded`.
 */
export function lazyPage<Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name): Lazy {
  let loaded: ComponentType | undefined;
  let loading: Promise<void> | undefined;
  let failure: PageNotLoaded | undefined;
  const start = () => {
    failure = undefined;
    loading ??= load()
      .then((module) => {
        loaded = module[name];
        Page.preload = undefined;
      })
      .catch((error: unknown) => {
        failure = new PageNotLoaded(error, () => start().then(() => failure === undefined));
      })
      .finally(() => {
        loading = undefined;
      });
    return loading;
  };
  const Page: Lazy = Object.assign(
    () => {
      if (failure) throw failure;
      if (!loaded) use(loading ?? start());
      return createElement(loaded!);
    },
    { preload: start },
  );
  return Page;
}
