/** What each call needs. docs/security.md has this as a table, and a test compares. Pure. */

import type { Role } from '../auth/role.js';

/** `read`: nothing where reading is open (loopback, Unix socket), else view. `view`, `tune`: that role everywhere. */
export type Need = 'read' | Role;

/** Every method of ksmpilot.v1.Ksmpilot. */
export const NEEDS: Readonly<Record<string, Need>> = {
  GetHost: 'read',
  GetStatus: 'read',
  ListProcesses: 'read',
  ListGuests: 'read',
  GetSettings: 'read',
  GetTuner: 'read',
  StreamSamples: 'read',
  StreamEvents: 'read',
  GetHistory: 'read',
  ListEvents: 'read',
  // A guest that reaches the host's loopback must not learn which of its own pages merged: others have the same.
  WhyGuest: 'view',
  MapGuest: 'view',
  WhatIf: 'read',
  GetGuestPolicy: 'read',
  WhoAmI: 'view',
  SetMode: 'tune',
  Pause: 'tune',
  Resume: 'tune',
  Restore: 'tune',
  UpdateSettings: 'tune',
  SetGuestMerge: 'tune',
};

const OURS = '/ksmpilot.v1.Ksmpilot/';
const STANDARD = ['/grpc.health.v1.Health/', '/grpc.reflection.v1.ServerReflection/', '/grpc.reflection.v1alpha.'];

/** What a call of this path needs. What nobody thought of needs the most. */
export function needOf(path: string): Need {
  if (path.startsWith(OURS)) {
    const name = path.slice(OURS.length);
    return (Object.hasOwn(NEEDS, name) ? NEEDS[name] : undefined) ?? 'tune';
  }
  return STANDARD.some((prefix) => path.startsWith(prefix)) ? 'read' : 'tune';
}
