import { beforeAll, describe, expect, it } from 'vitest';
import type { Operation, Schema } from '../../src/platform/openapi/types.js';
import { committedDocument } from '../support/openapi.js';
import { installClients, runPython } from '../support/python.js';

/**
 * The document beside CVAT's own, as far as its SDK tells: that is generated from CVAT's document of 2.62, so its
 * operations and models say what that one has.
 */

const bin = installClients();

interface SdkOperation {
  readonly id: string;
  readonly auth: readonly string[];
  readonly accept: readonly string[];
  /** Place by name. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly types: Readonly<Record<string, string>>;
  readonly required: readonly string[];
  /** Values by name, where not any will do. */
  readonly choices: Readonly<Record<string, readonly string[]>>;
  readonly body: string | null;
  readonly response: string | null;
}

interface SdkModel {
  /** Python types by key. */
  readonly types: Readonly<Record<string, readonly string[]>>;
  readonly required: readonly string[];
  readonly readOnly: readonly string[];
  readonly limits: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Of a model that is nothing but one of several texts. */
  readonly choices: readonly string[];
}

const SCRIPT = `
import inspect, json
from cvat_sdk.api_client import ApiClient, Configuration
from cvat_sdk.api_client.api_client import Endpoint
from cvat_sdk.api_client.models import User

operations, models = {}, {}
TAGS = ('auth', 'users', 'organizations', 'memberships', 'invitations', 'server', 'schema')

def name(kind):
    if isinstance(kind, list) and not hasattr(kind[0], 'openapi_types'):
        return 'list of ' + kind[0].__name__
    if isinstance(kind, (list, tuple)):
        return name(kind[0]) if kind else None
    return 'object' if isinstance(kind, dict) else kind if kind is None else kind.__name__

def visit(kind):
    if isinstance(kind, (list, tuple)):
        for item in kind:
            visit(item)
    if not hasattr(kind, 'openapi_types') or kind.__name__ in models:
        return
    types = kind.openapi_types() if callable(kind.openapi_types) else kind.openapi_types
    keys = kind.attribute_map
    # The constructor takes no read-only values, this one those that an answer has to have.
    parameters = inspect.signature(kind._from_openapi_data).parameters.values()
    models[kind.__name__] = {
        'types': {keys[key]: [name(item) for item in value] for key, value in types.items() if key in keys},
        'required': [keys[p.name] for p in parameters if p.default is p.empty and p.name in keys],
        'limits': {keys[key[0]]: {rule: value['pattern'] if rule == 'regex' else value for rule, value in rules.items()}
                   for key, rules in kind.validations.items()},
        'readOnly': [keys[key] for key in getattr(kind, 'read_only_vars', ())],
        'choices': list(kind.allowed_values.get(('value',), {}).values()),
    }
    visit(list(types.values()))

client = ApiClient(Configuration(host='http://localhost'))
# No endpoint names it: it is one of the two that a MetaUser is.
visit(User)
for tag in TAGS:
    for endpoint in vars(getattr(client, tag + '_api')).values():
        if not isinstance(endpoint, Endpoint):
            continue
        settings, places = endpoint.settings, endpoint.location_map
        visit(settings['response_schema'])
        visit(list(endpoint.openapi_types.values()))
        named = [key for key in endpoint.attribute_map]
        operations[settings['http_method'].lower() + ' ' + settings['endpoint_path']] = {
            'id': tag + '_' + settings['operation_id'],
            'auth': sorted(settings['auth'] or []),
            'accept': endpoint.headers_map['accept'],
            'parameters': {endpoint.attribute_map[key]: places[key] for key in named},
            'types': {endpoint.attribute_map[key]: name(endpoint.openapi_types[key]) for key in named},
            'required': [endpoint.attribute_map[key] for key in named if key in endpoint.params_map['required']],
            'choices': {endpoint.attribute_map[key[0]]: list(values.values())
                        for key, values in endpoint.allowed_values.items()},
            'body': next((name(endpoint.openapi_types[key]) for key, place in places.items() if place == 'body'), None),
            'response': name(settings['response_schema']),
        }
print(json.dumps({'operations': operations, 'models': models}))
`;

const { paths, components } = committedDocument();
const ours = new Map<string, Operation>(
  Object.entries(paths).flatMap(([template, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [
      `${method} ${template}`,
      operation,
    ]),
  ),
);

/** @returns the component that a schema, or the items of a list, refer to */
function referenceOf(schema: unknown): string | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  const { $ref, allOf, items } = schema as { $ref?: string; allOf?: unknown[]; items?: unknown };
  return $ref?.split('/').at(-1) ?? referenceOf(allOf?.[0] ?? items);
}

/** How Python has the types of JSON, where a schema names one. */
const PYTHON: Readonly<Record<string, string>> = {
  string: 'str',
  integer: 'int',
  boolean: 'bool',
};

const pythonOf = ({ type, items }: Schema): string | undefined =>
  type === 'array' ? `list of ${pythonOf(items as Schema)}` : PYTHON[String(type)];

/** Names that the generator of the SDK made up for what has none, and wrote as the first of several places. */
const MADE_UP: Readonly<Record<string, string>> = { CloudStorageReadOwner: 'BasicUser' };

/**
 * What every operation takes here, what a request for more fields than CVAT's says, the parameter that CVAT reads and
 * does not document (it accepts an invitation), and those of the list of users for superusers.
 */
const OURS = [
  ...['X-Organization', 'org', 'org_id', 'include', 'accepted'],
  ...['is_superuser', 'search_email', 'waits_for_approval'],
];

let operations: Readonly<Record<string, SdkOperation>>;
let models: Readonly<Record<string, SdkModel>>;
beforeAll(async () => {
  if (bin === undefined) return;
  ({ operations, models } = (await runPython(bin, SCRIPT, [])) as {
    operations: typeof operations;
    models: typeof models;
  });
});

const schemaOf = (model: string): { properties?: Record<string, Schema>; required?: string[] } =>
  components.schemas[model] ?? {};

describe.skipIf(bin === undefined)('every operation of the SDK in these areas', () => {
  const compared = <T>(
    read: (operation: Operation, theirs: SdkOperation) => T,
    theirs: (one: SdkOperation) => T,
  ) => {
    const entries = Object.entries(operations);
    expect(entries.length).toBeGreaterThan(38);
    const known = entries.flatMap(([place, one]) => {
      const operation = ours.get(place);
      return operation === undefined ? [] : [{ place, here: read(operation, one), there: theirs(one) }];
    });
    expect(known.length).toBe(entries.length);
    expect(known.map(({ place, here }) => [place, here])).toEqual(
      known.map(({ place, there }) => [place, there]),
    );
  };

  it('is here, under its id', () => {
    compared(
      ({ operationId }) => operationId,
      ({ id }) => id,
    );
  });

  it('takes the same credentials', () => {
    compared(
      ({ security }) => [...new Set(security.flatMap((way) => Object.keys(way)))].sort(),
      ({ auth }) => auth,
    );
  });

  it('takes the same parameters at the same places and of the same types, and a few more', () => {
    const shown = (name: string, place: unknown, type: unknown, isRequired: boolean): string =>
      `${name}${isRequired ? '' : '?'} in ${place}: ${type}`;
    compared(
      ({ parameters = [] }, theirs) =>
        parameters
          .filter(({ name }) => name in theirs.parameters || !OURS.includes(name))
          .map(({ name, in: place, schema, required = false }) =>
            shown(name, place, pythonOf(schema), required),
          )
          .sort(),
      ({ parameters, types, required }) =>
        Object.entries(parameters)
          .map(([name, place]) => shown(name, place, types[name], required.includes(name)))
          .sort(),
    );
  });

  it('takes one of the same values where not any will do, but every language, because all texts are English', () => {
    compared(
      ({ parameters = [] }) =>
        Object.fromEntries(
          parameters.flatMap(({ name, schema }) => ('enum' in schema ? [[name, schema['enum']]] : [])),
        ),
      ({ choices: { lang: _, ...others } }) => others,
    );
  });

  it('reads the same body, and answers the same as the same media types', () => {
    const answerOf = ({ responses }: Operation) => responses[200] ?? responses[201] ?? responses[204];
    compared(
      (operation) => {
        const content =
          operation.operationId === 'auth_retrieve_rules' ? {} : (answerOf(operation)?.content ?? {});
        const [first] = Object.values(content);
        const isObject = first !== undefined && referenceOf(first.schema) === undefined;
        return {
          body: referenceOf(operation.requestBody?.content['application/json']?.schema) ?? null,
          accept: Object.keys(content),
          response: isObject ? 'object' : (referenceOf(first?.schema) ?? null),
        };
      },
      ({ body, accept, response }) => ({ body, accept, response }),
    );
  });
});

describe.skipIf(bin === undefined)('every model of the SDK in these areas', () => {
  /** Their keys are those of either of two others. */
  const ofKeys = () =>
    Object.entries(models).filter(([model]) => !['MetaUser', ...Object.keys(MADE_UP)].includes(model));

  it('is here under its name, with all its keys', () => {
    const missing = ofKeys().flatMap(([model, { types }]) => {
      if (!(model in components.schemas)) return [model];
      const { properties = {} } = schemaOf(model);
      return Object.keys(types)
        .filter((key) => key !== 'value' || !model.endsWith('Enum'))
        .filter((key) => !(key in properties))
        .map((key) => `${model}.${key}`);
    });
    expect(missing).toEqual([]);
    expect(ofKeys().length).toBeGreaterThan(30);
  });

  it('requires the same keys, of requests and of answers', () => {
    const keys = (required: readonly string[] = []) => [...required].sort();
    expect(ofKeys().map(([model]) => [model, keys(schemaOf(model).required)])).toEqual(
      ofKeys().map(([model, { required }]) => [model, keys(required)]),
    );
  });

  it('has the same read-only keys', () => {
    const readOnly = (model: string) =>
      Object.entries(schemaOf(model).properties ?? {}).filter(([, schema]) => schema['readOnly'] === true);
    expect(
      ofKeys().map(([model]) => [
        model,
        readOnly(model)
          .map(([key]) => key)
          .sort(),
      ]),
    ).toEqual(ofKeys().map(([model, one]) => [model, [...one.readOnly].sort()]));
  });

  it('is one of the same texts, if that is all it is', () => {
    const choices = ofKeys().filter(([, one]) => one.choices.length > 0);
    expect(choices.map(([model]) => [model, components.schemas[model]?.['enum']])).toEqual(
      choices.map(([model, one]) => [model, one.choices]),
    );
    expect(choices.length).toBeGreaterThan(1);
  });

  it('has keys of the same types: moments, references, what may be null', () => {
    const different = ofKeys().flatMap(([model, { types }]) =>
      Object.entries(types).flatMap(([key, kinds]) => {
        const [first, second] = kinds;
        const schema = schemaOf(model).properties?.[key];
        // What the SDK makes of schemas without a type.
        const isAnything = first === 'object' || kinds.length > 2;
        if (schema === undefined || first === undefined || isAnything) return [];
        const wanted = MADE_UP[first] ?? first;
        const own = referenceOf(schema) ?? (schema['format'] === 'date-time' ? 'datetime' : pythonOf(schema));
        const isNullable = schema['nullable'] === true;
        // The SDK loses that a reference may be null.
        const mayDiffer = referenceOf(schema) !== undefined;
        return own === wanted && (mayDiffer || isNullable === (second === 'NoneType'))
          ? []
          : [`${model}.${key}: ${own}${isNullable ? ' or null' : ''}, not ${wanted}`];
      }),
    );
    expect(different).toEqual([]);
  });

  /**
   * Passwords have 256 characters (deviation 10). People who are invited are named like their addresses, and those of a
   * directory as it names them, so that answers have names that CVAT's document says there are not.
   */
  const isOurs = (model: string, key: string, rule: string): boolean =>
    (rule === 'maxLength' && /password/.test(key)) ||
    (rule === 'pattern' && key === 'username' && !model.endsWith('Request'));

  it('has the limits of CVAT and no others, but for passwords and the characters of names in answers', () => {
    const names = { max_length: 'maxLength', min_length: 'minLength', regex: 'pattern' };
    const limitsOf = (read: (model: string, one: SdkModel, key: string, rule: [string, string]) => unknown) =>
      ofKeys().flatMap(([model, one]) =>
        Object.keys(one.types).flatMap((key) =>
          Object.entries(names)
            .filter(([, name]) => !isOurs(model, key, name))
            .map((rule) => `${model}.${key}: ${rule[1]} ${String(read(model, one, key, rule))}`),
        ),
      );
    const here = limitsOf((model, _, key, [, name]) => schemaOf(model).properties?.[key]?.[name]);
    expect(here).toEqual(limitsOf((_, { limits }, key, [rule]) => limits[key]?.[rule]));
    expect(here.filter((line) => !line.endsWith('undefined')).length).toBeGreaterThan(50);
  });
});
