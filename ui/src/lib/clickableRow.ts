/** Rows that lead where their main link leads, wherever they are clicked. */

const CONTROLS = "a, button, input, select, textarea, label, summary";

/**
 * Passes a click on the row to its main link (`data-leads`), which is what the keyboard uses. Controls in the row keep
 * their own clicks, with Ctrl, Command or the middle button the link opens in another tab, and text can be selected.
 */
function follow(event: React.MouseEvent<HTMLElement>): void {
  const { target, currentTarget: row } = event;
  // A dialog that a control of the row has opened is a child for React, but not in the document.
  if (event.defaultPrevented || !(target instanceof Element) || !row.contains(target)) return;
  const control = target.closest(CONTROLS);
  if ((control && row.contains(control)) || event.shiftKey || event.altKey) return;
  if (window.getSelection()?.isCollapsed === false) return;
  const link = row.querySelector<HTMLAnchorElement>("a[data-leads]");
  if (!link) return;
  if (event.button === 1 || event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
  else if (event.button === 0) link.click();
}

/** Keeps the middle button from scrolling where it opens a tab. */
function keepStill(event: React.MouseEvent): void {
  if (event.button === 1) event.preventDefault();
}

/** The attributes of such a row. */
export const clickableRow = { "data-row": "", onClick: follow, onAuxClick: follow, onMouseDown: keepStill } as const;
