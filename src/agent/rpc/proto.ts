import { join } from 'node:path';
import { loadPackageDefinition, logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { loadSync, type Options, type PackageDefinition } from '@grpc/proto-loader';
import type { ProtoGrpcType } from '../../../proto/generated/ksmpilot.js';
import { packageRoot } from '../paths.js';

/**
 * How messages look in this program: the proto's own field names, 64-bit integers as numbers (all of ours fit 53 bits),
 * enums as their names. An absent `optional` field has no key; an absent message is null; other fields have their
 * default. The types in proto/generated are made with the same options.
 */
const OPTIONS: Options = {
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: true,
  arrays: true,
  oneofs: false,
};

let definition: PackageDefinition | undefined;

/** proto/ksmpilot/v1/ksmpilot.proto, read once. */
export function loadProto(): PackageDefinition {
  definition ??= loadSync('ksmpilot/v1/ksmpilot.proto', { ...OPTIONS, includeDirs: [join(packageRoot, 'proto')] });
  return definition;
}

/**
 * Client class and service definition of ksmpilot.v1.Ksmpilot.
 *
 * grpc-js prints to stderr what it also gives back as errors, which we report with cause and cure; GRPC_VERBOSITY turns
 * its own lines on again.
 */
export function loadService(): ProtoGrpcType['ksmpilot']['v1']['Ksmpilot'] {
  if (process.env['GRPC_VERBOSITY'] === undefined) setLogVerbosity(logVerbosity.NONE);
  return (loadPackageDefinition(loadProto()) as unknown as ProtoGrpcType).ksmpilot.v1.Ksmpilot;
}
