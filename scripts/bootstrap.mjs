/** What `npm start` and `npm test` run: `node scripts/bootstrap.mjs start|test [arguments]`. */
import { fileURLToPath } from "node:url";
import { launch } from "./launch.mjs";

const MOCHA = "node_modules/mocha/bin/mocha.js";
const ALL_TESTS = "test/**/*.test.ts";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const [verb, ...args] = process.argv.slice(2);
if (verb === "start") {
  await launch("scripts/demo.ts", args);
} else if (verb === "test") {
  const namesFiles = args.some((arg) => arg.endsWith(".test.ts"));
  await launch(MOCHA, namesFiles ? args : [...args, ALL_TESTS]);
} else {
  console.error("usage: node scripts/bootstrap.mjs start|test [arguments]");
  process.exitCode = 2;
}
