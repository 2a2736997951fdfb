// @ts-check
/** docs/grpc-reference.md, from the .proto and its comments. */
import protobuf from 'protobufjs';

/**
 * @param {string} source the .proto
 * @returns {string} the whole file
 */
export function grpcMarkdown(source) {
  const { root, package: name } = protobuf.parse(source, new protobuf.Root(), {
    keepCase: true,
    alternateCommentMode: true,
  });
  const space = root.lookup(String(name));
  if (!(space instanceof protobuf.Namespace)) throw new Error(`the .proto has no package ${String(name)}`);
  space.resolveAll();
  const services = space.nestedArray.filter((one) => one instanceof protobuf.Service);
  const messages = space.nestedArray.filter((one) => one instanceof protobuf.Type);
  const enums = space.nestedArray.filter((one) => one instanceof protobuf.Enum);
  return [
    '# gRPC reference',
    '',
    '<!-- Written by scripts/docs.mjs from proto/ksmpilot/v1/ksmpilot.proto; npm run docs writes it anew. -->',
    '',
    `Every call, message and field of \`${String(name)}\`. [grpc.md](grpc.md) has how to call it, what streams promise and what`,
    'errors mean. A field that is `optional` and absent is not known; it never means 0.',
    '',
    ...services.flatMap(serviceLines),
    '## Messages',
    '',
    ...messages.filter((one) => one.fieldsArray.length > 0).flatMap(messageLines),
    '## Enumerations',
    '',
    ...enums.flatMap(enumLines),
  ].join('\n');
}

/** @param {protobuf.Service} service */
function serviceLines(service) {
  return [
    `## ${service.name}`,
    '',
    paragraph(service.comment),
    '',
    '| call | takes | gives | |',
    '|---|---|---|---|',
    ...service.methodsArray.map(
      (call) =>
        `| \`${call.name}\` | ${side(call.resolvedRequestType, call.requestStream)} | ` +
        `${side(call.resolvedResponseType, call.responseStream)} | ${cell(ownComment(call.comment))} |`,
    ),
    '',
  ];
}

/**
 * @param {protobuf.Type | null} type
 * @param {boolean | undefined} isStream
 */
function side(type, isStream) {
  if (type === null || type.fieldsArray.length === 0) return '–';
  return `${isStream === true ? 'stream of ' : ''}${link(type)}`;
}

/** @param {protobuf.Type} message */
function messageLines(message) {
  return [
    `### ${message.name}`,
    '',
    paragraph(message.comment),
    '',
    '| field | type | |',
    '|---|---|---|',
    ...message.fieldsArray.map((field) => `| \`${field.name}\` | ${typeText(field)} | ${cell(field.comment)} |`),
    '',
  ];
}

/** @param {protobuf.Enum} kind */
function enumLines(kind) {
  return [
    `### ${kind.name}`,
    '',
    paragraph(kind.comment),
    '',
    '| value | |',
    '|---|---|',
    ...Object.keys(kind.values).map((value) => `| \`${value}\` | ${cell(kind.comments[value] ?? null)} |`),
    '',
  ];
}

/** @param {protobuf.Field} field */
function typeText(field) {
  const type = field.resolvedType === null ? field.type : link(field.resolvedType);
  if (field instanceof protobuf.MapField) return `map of ${field.keyType} to ${type}`;
  if (field.repeated) return `list of ${type}`;
  // protobufjs keeps `optional` of proto3 as a oneof of its own, whose name begins with an underscore.
  if (field.partOf?.name.startsWith('_') === true) return `optional ${type}`;
  return field.partOf === null ? type : `${type}, one of \`${field.partOf.name}\``;
}

/** @param {protobuf.ReflectionObject} type */
function link(type) {
  return `[${type.name}](#${type.name.toLowerCase()})`;
}

/**
 * A comment that heads a group of calls comes first, with an empty line behind it; it is not that call's own.
 *
 * @param {string | null} comment
 */
function ownComment(comment) {
  return comment?.split(/\n\s*\n/).at(-1) ?? null;
}

/** @param {string | null} comment */
function paragraph(comment) {
  return (comment ?? '').replaceAll(/\s*\n\s*/g, ' ');
}

/** @param {string | null} comment */
function cell(comment) {
  return paragraph(comment).replaceAll('|', '\\|');
}
