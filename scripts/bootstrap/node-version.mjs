// @ts-check
// Read by Node releases that are too old for everything else: plain syntax, no imports, no top-level await.

/**
 * Says whether a Node release can run ksmpilot.
 *
 * @param {string} version as in process.versions.node, such as `20.19.2`
 * @param {string} minimum `MAJOR.MINOR`, the floor of package.json's `engines`
 * @returns {string | undefined} what is wrong and the cure, or undefined when all is well
 */
export function nodeProblem(version, minimum) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = minimum.split('.').map(Number);
  const newEnough = major > needMajor || (major === needMajor && minor >= needMinor);
  if (newEnough) return undefined;
  return (
    `ksmpilot needs Node ${minimum} or newer; this is Node ${version}.\n` +
    'Hint: Debian 13 and Proxmox VE 9 have it as `apt-get install nodejs npm`; elsewhere take the LTS release from ' +
    'https://nodejs.org/en/download and run npm start again.'
  );
}

export const MINIMUM_NODE = '20.19';
