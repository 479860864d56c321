/** TypeDoc plugin: a page of Markdown is called by its first heading, and stands among the guides. */
export function load(app) {
  app.converter.on("createDocument", (_context, page) => {
    page.name = /^# (.+)$/m.exec(page.content[0]?.text ?? "")?.[1] ?? page.name;
    page.frontmatter.group = "Guides";
  });
}
