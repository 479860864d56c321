import { Comment, CommentTag, ReflectionKind } from "typedoc";

/** Functions stand in the navigation by the family that their file is of; first match. */
const families = [
  [/^src\/nn\/(model|transfer)\./, "Models"],
  [/^src\/nn\/layers?(\/|\.)/, "Layers"],
  [/^src\/nn\/optimizers\./, "Optimizers"],
  [/^src\/nn\/(predictTiles|evaluateSegmentation)\./, "Segmentation"],
  [/^src\/(nn\/(chromeTrace|logProgress|showProfile)|core\/(plan|print))\./, "Reports"],
  [/^src\/ops\/(conv\w*|separable|matmul)\./, "Convolutions and products"],
  [/^src\/ops\/pool\./, "Pooling"],
  [/^src\/ops\/norm\./, "Normalizations"],
  [/^src\/ops\/activations\./, "Activations"],
  [/^src\/ops\/elementwise\./, "Elementwise"],
  [/^src\/ops\/(reduce|softmax)\./, "Reductions"],
  [/^src\/ops\/(concat|pad|reshape|shape|slice|upsample)\./, "Shapes"],
  [/^src\/ops\/(\w*[lL]osses|crossEntropy|focalLoss)\./, "Losses"],
  [/^src\/core\//, "Operators of your own"],
];

/** TypeDoc plugin: guides by their first headings, functions by their families, options where they are taken. */
export function load(app) {
  app.converter.on("createDocument", (_context, page) => {
    page.name = /^# (.+)$/m.exec(page.content[0]?.text ?? "")?.[1] ?? page.name;
    page.frontmatter.group = "Guides";
  });
  app.converter.on("resolveBegin", ({ project }) => {
    for (const declaration of project.getReflectionsByKind(ReflectionKind.Function)) {
      const file = project.getSymbolIdFromReflection(declaration)?.packagePath ?? "";
      const family = families.find(([pattern]) => pattern.test(file))?.[1];
      const comment = declaration.signatures?.[0]?.comment;
      if (family) comment?.blockTags.push(new CommentTag("@group", [{ kind: "text", text: family }]));
    }
    for (const declaration of project.getReflectionsByKind(ReflectionKind.Interface)) {
      if (!declaration.name.endsWith("Options")) continue;
      declaration.comment ??= new Comment();
      declaration.comment.modifierTags.add("@expand");
    }
  });
}
