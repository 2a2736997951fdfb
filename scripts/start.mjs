// @ts-check
/**
 * `npm start`: Node built-ins only, so that it works in a fresh clone. Checks Node, installs what is missing, builds,
 * and then becomes the program: it is imported into this very process, so that signals, exit code and standard streams
 * are the program's own, and kill -9 leaves no orphan behind.
 */
import { MINIMUM_NODE, nodeProblem } from './bootstrap/node-version.mjs';

const problem = nodeProblem(process.versions.node, MINIMUM_NODE);
if (problem === undefined) {
  // The rest uses what an old Node cannot even parse.
  import('./bootstrap/launch.mjs').then((launcher) => launcher.launch(process.argv.slice(2)));
} else {
  console.error(problem);
  process.exitCode = 1;
}
