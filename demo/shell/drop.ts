/** Files may be dropped anywhere on the page. Where nothing takes them, the browser would leave for them. */
export function onDrop(take: (files: readonly File[]) => void): void {
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) take(files);
  });
}
