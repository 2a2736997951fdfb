/** Who may call what: the list that test/unit/agent/rpc/security.test.ts runs and docs/security.md shows. */

import type { CertificateKind, GrpcCall, GrpcEntry, HttpAsk, TokenKind } from './security-rig.js';

const NO = 'TOKEN_MISSING';
const ROLE = 'ROLE_MISSING';

export const GRPC_CALLS: readonly GrpcCall[] = [
  'read',
  'stream',
  'health',
  'reflection',
  'whoami',
  'look inside',
  'change',
];

interface GrpcCaller {
  readonly who: string;
  readonly token?: TokenKind;
  readonly certificate?: CertificateKind;
  /** Outcome of each of GRPC_CALLS. */
  readonly outcomes: readonly string[];
}

const OPEN: readonly GrpcCaller[] = [
  { who: 'nobody', token: 'no token', outcomes: ['yes', 'yes', 'yes', 'yes', NO, NO, NO] },
  { who: 'a wrong token', token: 'a wrong token', outcomes: ['yes', 'yes', 'yes', 'yes', NO, NO, NO] },
  { who: 'a revoked token', token: 'a revoked token', outcomes: ['yes', 'yes', 'yes', 'yes', NO, NO, NO] },
  { who: 'an expired token', token: 'an expired token', outcomes: ['yes', 'yes', 'yes', 'yes', NO, NO, NO] },
  { who: 'a token, role view', token: 'a view token', outcomes: ['yes', 'yes', 'yes', 'yes', 'yes', 'yes', ROLE] },
  { who: 'a token, role tune', token: 'a tune token', outcomes: ['yes', 'yes', 'yes', 'yes', 'yes', 'yes', 'yes'] },
  { who: "the run's token", token: "the run's token", outcomes: ['yes', 'yes', 'yes', 'yes', 'yes', 'yes', 'yes'] },
];

const none = [NO, NO, NO, NO, NO, NO, NO];
const view = ['yes', 'yes', 'yes', 'yes', 'yes', 'yes', ROLE];
const all = ['yes', 'yes', 'yes', 'yes', 'yes', 'yes', 'yes'];

export const GRPC: Readonly<Record<GrpcEntry, readonly GrpcCaller[]>> = {
  loopback: OPEN,
  'unix socket': OPEN,
  tls: [
    { who: 'nobody', token: 'no token', outcomes: none },
    { who: 'a wrong token', token: 'a wrong token', outcomes: none },
    { who: 'a revoked token', token: 'a revoked token', outcomes: none },
    { who: 'an expired token', token: 'an expired token', outcomes: none },
    { who: 'a token, role view', token: 'a view token', outcomes: view },
    { who: 'a token, role tune', token: 'a tune token', outcomes: all },
    { who: "the run's token", token: "the run's token", outcomes: all },
    { who: 'a certificate, role view', certificate: 'view', outcomes: view },
    { who: 'a certificate, role tune', certificate: 'tune', outcomes: all },
    {
      who: 'a certificate that no setting names',
      certificate: 'unnamed',
      outcomes: [ROLE, ROLE, ROLE, ROLE, ROLE, ROLE, ROLE],
    },
    { who: 'a certificate of another authority', certificate: 'stranger', outcomes: none },
    { who: 'an expired certificate', certificate: 'expired', outcomes: none },
    { who: 'certificate tune, wrong token', certificate: 'tune', token: 'a wrong token', outcomes: none },
  ],
};

interface HttpCase {
  readonly what: string;
  readonly ask: HttpAsk;
  /** Outcome over HTTP on loopback. */
  readonly http: string;
  /** Outcome over HTTPS. */
  readonly https: string;
}

const read = { path: '/api/status' } as const;
const change = { path: '/api/pause', method: 'POST' } as const;

/** Requests of scripts, and of pages of other sites. What a browser with a session may is below. */
export const HTTP: readonly HttpCase[] = [
  { what: 'reading, nobody', ask: read, http: 'yes', https: NO },
  { what: 'reading, a wrong token', ask: { ...read, token: 'a wrong token' }, http: 'yes', https: NO },
  { what: 'reading, role view', ask: { ...read, token: 'a view token' }, http: 'yes', https: 'yes' },
  { what: 'the stream, nobody', ask: { path: '/api/stream' }, http: 'yes', https: NO },
  { what: 'the stream, role view', ask: { path: '/api/stream', token: 'a view token' }, http: 'yes', https: 'yes' },
  { what: 'the list of agents, nobody', ask: { path: '/api/agents' }, http: 'yes', https: NO },
  { what: 'the fleet, nobody', ask: { path: '/api/fleet' }, http: 'yes', https: NO },
  { what: 'metrics, nobody', ask: { path: '/metrics' }, http: 'yes', https: NO },
  { what: 'metrics, role view', ask: { path: '/metrics', token: 'a view token' }, http: 'yes', https: 'yes' },
  { what: "a guest's memory map, nobody", ask: { path: '/api/guests/map?guest=x' }, http: NO, https: NO },
  { what: 'a change, nobody', ask: change, http: NO, https: NO },
  { what: 'a change, a wrong token', ask: { ...change, token: 'a wrong token' }, http: NO, https: NO },
  { what: 'a change, a revoked token', ask: { ...change, token: 'a revoked token' }, http: NO, https: NO },
  { what: 'a change, an expired token', ask: { ...change, token: 'an expired token' }, http: NO, https: NO },
  { what: 'a change, role view', ask: { ...change, token: 'a view token' }, http: ROLE, https: ROLE },
  { what: 'a change, role tune', ask: { ...change, token: 'a tune token' }, http: 'yes', https: 'yes' },
  {
    what: 'a change, role tune, from the page of another site',
    ask: { ...change, token: 'a tune token', origin: 'https://evil.example' },
    http: 'BIND_REFUSED',
    https: 'BIND_REFUSED',
  },
  {
    what: 'a change, role tune, as a form',
    ask: { ...change, token: 'a tune token', type: 'application/x-www-form-urlencoded' },
    http: 'REQUEST_INVALID',
    https: 'REQUEST_INVALID',
  },
  {
    what: 'reading by another host name (DNS rebinding)',
    ask: { ...read, host: 'evil.example', token: 'a view token' },
    http: 'BIND_REFUSED',
    https: 'BIND_REFUSED',
  },
];

export interface SessionCase {
  readonly what: string;
  readonly token: TokenKind;
  readonly ask: HttpAsk;
  readonly outcome: string;
}

/** A browser that signed in with a token over HTTPS; the cookie of its session goes along. */
export const SESSION: readonly SessionCase[] = [
  { what: 'reading, signed in with role view', token: 'a view token', ask: read, outcome: 'yes' },
  {
    what: 'a change, signed in with role view',
    token: 'a view token',
    ask: { ...change, origin: 'own' },
    outcome: ROLE,
  },
  {
    what: 'a change, signed in with role tune',
    token: 'a tune token',
    ask: { ...change, origin: 'own' },
    outcome: 'yes',
  },
  { what: 'the same without Origin', token: 'a tune token', ask: change, outcome: 'BIND_REFUSED' },
  {
    what: 'the same from the page of another site',
    token: 'a tune token',
    ask: { ...change, origin: 'https://evil.example' },
    outcome: 'BIND_REFUSED',
  },
];

const ENTRY_TITLES: Readonly<Record<GrpcEntry, string>> = {
  loopback: 'gRPC on loopback, plain text',
  'unix socket': 'gRPC on the Unix socket (for root, or the group of its folder)',
  tls: 'gRPC over TLS, on any address',
};

/** The tables of docs/security.md. */
export function renderSecurityList(): string {
  const grpc = (Object.keys(GRPC) as GrpcEntry[]).flatMap((entry) => [
    `### ${ENTRY_TITLES[entry]}`,
    '',
    '| caller | reading | streams | health | reflection | WhoAmI | WhyGuest, MapGuest | changing |',
    '|---|---|---|---|---|---|---|---|',
    ...GRPC[entry].map(({ who, outcomes }) => `| ${[who, ...outcomes.map(cell)].join(' | ')} |`),
    '',
  ]);
  return [
    ...grpc,
    '### The page',
    '',
    '| request | HTTP on loopback | HTTPS |',
    '|---|---|---|',
    ...HTTP.map(({ what, http, https }) => `| ${what} | ${cell(http)} | ${cell(https)} |`),
    ...SESSION.map(({ what, outcome }) => `| ${what} | | ${cell(outcome)} |`),
  ].join('\n');
}

function cell(outcome: string): string {
  return outcome === 'yes' ? 'yes' : `\`${outcome}\``;
}
