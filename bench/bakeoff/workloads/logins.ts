import { filled } from './plan.js';
import { planned } from './script.js';

const SESSION = 1;
const GUESTS = 60;
const PER_SECOND = 3;
const LIFE_MS = 12_000;
const FILL_MS = 300;

export const logins = planned({
  name: 'logins',
  title: '60 guests of 4 MiB, 75 % of it the same in all, come 3 a second and live 12 s',
  seconds: 45,
  quickSeconds: 25,
  plan: () => ({
    guests: Array.from({ length: GUESTS }, (_, number) => {
      const startMs = Math.round((number * 1000) / PER_SECOND);
      const fillMs = startMs + 100;
      return {
        startMs,
        endMs: startMs + LIFE_MS,
        ranges: [filled(769, SESSION, fillMs, FILL_MS), filled(251, 'own', fillMs, FILL_MS)],
      };
    }),
    change: null,
  }),
});
