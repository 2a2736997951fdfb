import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withEarlyFrame } from '../../../../src/agent/probes/early-frame.js';
import { composeProgram, joinPrograms } from '../../../../src/agent/probes/program.js';

const read = (file: string): string => readFileSync(new URL(`../../../../bpf/${file}`, import.meta.url), 'utf8');

it('each program tells one frame more, and tells it once', () => {
  const text = joinPrograms([composeProgram('scanner.bt', read), composeProgram('cow_walk.bt', read)], 3);
  const early = withEarlyFrame(text);
  expect(early.match(/^interval:s:3$/gm)).toHaveLength(2);
  expect(early.match(/^interval:ms:200$/gm)).toHaveLength(2);
  for (const [key, program] of [
    [1, 'scanner'],
    [2, 'cow'],
  ] as const) {
    const block = new RegExp(
      `^interval:ms:200\\n/@early\\[\\(uint64\\)${key}\\] == 0/\\n\\{\\n\\t@early\\[\\(uint64\\)${key}\\] = \\(uint64\\)1;\\n([\\s\\S]*?)^\\}`,
      'm',
    );
    expect(block.exec(early)?.[1]).toMatch(new RegExp(`"tick ${program} [\\s\\S]*"tock ${program}\\\\n"`));
  }
  expect(early.replace(/\ninterval:ms:200\n[\s\S]*?^\}\n/gm, '')).toBe(text);
});

it('a program without frames stays as it is', () => {
  expect(withEarlyFrame('BEGIN\n{\n\texit();\n}\n')).toBe('BEGIN\n{\n\texit();\n}\n');
});
