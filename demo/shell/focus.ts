/**
 * Sees to it that the keyboard's focus is not lost: a control that is disabled while it has it gets it back when it is
 * enabled again, and from one that goes away it moves to what is around, the open tab.
 */
export function keepFocus(): void {
  let last: HTMLElement | null = null;
  document.addEventListener("focusin", ({ target }) => {
    last = target instanceof HTMLElement ? target : null;
  });
  // Who points beside everything wants the focus nowhere; a control that is pointed at gets it right after this.
  document.addEventListener("pointerdown", () => {
    last = null;
  });
  const onChange = () => {
    const { activeElement } = document;
    // Browsers take the focus from what is hidden only when they next draw.
    const isLost = activeElement === document.body || activeElement === last;
    // A page that is left for the browser's own controls has no focus to keep.
    if (!last || !isLost || !document.hasFocus()) return;
    const isGone = !last.isConnected || last.closest("[hidden]");
    const place = isGone ? document.querySelector<HTMLElement>("[role=tabpanel]:not([hidden])") : last;
    place?.focus({ preventScroll: true });
  };
  new MutationObserver(onChange).observe(document.body, {
    subtree: true,
    childList: true,
    attributeFilter: ["disabled", "hidden"],
  });
}
