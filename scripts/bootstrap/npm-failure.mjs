// @ts-check
/**
 * npm's error codes in words, each with its cure. First match wins: specific ones first.
 *
 * @type {readonly { pattern: RegExp, cause: string, cure: string }[]}
 */
const FAILURES = [
  {
    pattern: /\bENOSPC\b/,
    cause: 'the disk is full.',
    cure: 'free some 300 MB (df -h . ~/.npm shows where), then run npm start again.',
  },
  {
    pattern:
      /\b(EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/,
    cause: 'the package registry cannot be reached.',
    cure:
      'check the network (npm ping), a proxy (HTTPS_PROXY, npm config get proxy) and the registry (npm config get ' +
      'registry), then run npm start again. On a host without a network, copy node_modules from one of the same ' +
      'architecture where npm ci ran.',
  },
  {
    pattern: /SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)|CERT_(HAS_EXPIRED|UNTRUSTED|NOT_YET_VALID)/,
    cause: "the registry's TLS certificate is not trusted.",
    cure: 'check the clock (date), or name the CA of your proxy in NODE_EXTRA_CA_CERTS, then run npm start again.',
  },
  {
    pattern: /\bE40[13]\b/,
    cause: 'the registry refuses these credentials.',
    cure: 'npm config get registry tells which one is asked; npm login, or remove the stale token from ~/.npmrc.',
  },
  {
    pattern: /\b(E404|ETARGET)\b/,
    cause: 'the registry does not have a package of package-lock.json.',
    cure: 'a mirror may lag behind: npm config get registry tells which one is asked; try https://registry.npmjs.org/.',
  },
  {
    pattern: /\bEINTEGRITY\b/,
    cause: 'a downloaded package is not the one that package-lock.json names.',
    cure: 'npm cache clean --force, then run npm start again. If it stays, the mirror serves altered packages.',
  },
  {
    pattern: /\b(EACCES|EPERM|EROFS)\b/,
    cause: 'a file or folder may not be written.',
    cure: 'run as the owner of this checkout, or as root; ls -ld . node_modules ~/.npm shows who owns what.',
  },
  {
    pattern: /\bEUSAGE\b/,
    cause: 'package.json and package-lock.json do not belong together.',
    cure: 'git checkout package.json package-lock.json, or, if you changed package.json, npm install.',
  },
];

/**
 * @param {{ code: number | null, signal: string | null, tail: string, missing: boolean }} result of `npm ci`
 * @returns {{ cause: string, cure: string }}
 */
export function explainNpmFailure(result) {
  if (result.missing) {
    return {
      cause: 'npm is not on PATH.',
      cure: 'install it (Debian: apt-get install npm), then run npm start again.',
    };
  }
  if (result.signal !== null) {
    return { cause: `it was ended by ${result.signal}.`, cure: 'run npm start again; it begins anew.' };
  }
  for (const { pattern, cause, cure } of FAILURES) {
    if (pattern.test(result.tail)) return { cause, cure };
  }
  return { cause: `exit code ${result.code}.`, cure: 'the lines above are what npm said.' };
}
