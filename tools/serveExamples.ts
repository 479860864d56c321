/** `npm run examples`: serves the examples on the library's source, and opens their list in a browser. */
import { serveExamples } from "../examples/serve.ts";

const server = await serveExamples({ server: { open: true } });
server.printUrls();
