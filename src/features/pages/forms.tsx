import type { ComponentChildren, VNode } from 'preact';
import type { Draft, Visit } from './page.js';
import { ACTION_FIELD } from './page.js';
import { Csrf } from './shell.js';

export interface FormProps {
  readonly visit: Visit;
  /** The name of the button, which the page knows as an action. */
  readonly action: string;
  readonly label: string;
  /** Where the form is sent, if not to the address of the page. */
  readonly to?: string;
  readonly kind?: 'first' | 'second' | 'danger';
  /** The button is as wide as the form. */
  readonly isFull?: boolean;
  readonly draft?: Draft | undefined;
  readonly fields?: readonly FieldProps[];
  /** Fields that nobody sees. */
  readonly hidden?: Readonly<Record<string, string>>;
  /** Between the fields and the button. */
  readonly children?: ComponentChildren;
  /** Beside the button. */
  readonly beside?: ComponentChildren;
  /** Of a form that a script sends: attributes that tell it how. Without the script there is no button. */
  readonly sender?: Readonly<Record<string, string | boolean>>;
  /** In place of the action, for one of several forms with the same one. */
  readonly idPrefix?: string;
}

export interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly type?: 'text' | 'email' | 'password' | 'date' | 'checkbox' | 'choices' | 'search';
  readonly value?: string | undefined;
  readonly hint?: string | undefined;
  readonly autocomplete?: string;
  /** The keyboard that a phone shows. */
  readonly inputmode?: 'numeric';
  readonly isOptional?: boolean;
  readonly maxLength?: number;
  /** Of a list, or of `choices`: boxes of which any number can be checked, with their values joined by commas. */
  readonly options?: readonly (readonly [value: string, label: string])[];
  readonly rows?: number;
}

/** A form with labels, hints and problems that belong to their fields; it sends itself to the address of the page. */
export function Form({ visit, action, draft, fields = [], hidden = {}, ...props }: FormProps): VNode {
  const own = draft?.action === action ? draft : undefined;
  return (
    <form method="post" noValidate {...targetOf(visit, props.to)} {...props.sender}>
      <Csrf visit={visit} />
      {Object.entries(hidden).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      {own !== undefined && <Problems visit={visit} draft={own} />}
      {fields.map((field) => (
        <Field
          key={field.name}
          {...field}
          id={`${props.idPrefix ?? action}-${field.name}`}
          draft={own}
          visit={visit}
        />
      ))}
      {props.children}
      <div class="actions">
        <button
          {...(props.sender === undefined
            ? { type: 'submit' as const, name: ACTION_FIELD, value: action }
            : { type: 'button' as const, 'data-press': '', hidden: true })}
          class={`${props.kind ?? ''}${props.isFull ? ' full' : ''}`}
        >
          {props.label}
        </button>
        {props.beside}
      </div>
    </form>
  );
}

/** Without a target, the browser sends a form to the address of its page. */
const targetOf = ({ formsTo }: Visit, to = formsTo): { readonly action?: string } =>
  to === undefined ? {} : { action: to };

/** A form that is only a button, with what it is about in its name for people who do not see its place. */
export const ButtonForm = ({
  visit,
  action,
  hidden = {},
  label,
  longLabel,
  kind = 'second',
}: Pick<FormProps, 'visit' | 'action' | 'hidden' | 'label' | 'kind'> & {
  readonly longLabel?: string;
}): VNode => (
  <form method="post" class="line" {...targetOf(visit)}>
    <Csrf visit={visit} />
    {Object.entries(hidden).map(([name, value]) => (
      <input key={name} type="hidden" name={name} value={value} />
    ))}
    <button
      type="submit"
      class={`${kind} little`}
      name={ACTION_FIELD}
      value={action}
      {...(longLabel === undefined ? {} : { 'aria-label': longLabel })}
    >
      {label}
    </button>
  </form>
);

/** The problems of a form, announced with the page. For a form without fields, the page shows them at its top. */
export function Problems({ visit, draft }: { readonly visit: Visit; readonly draft: Draft }): VNode | null {
  const { form, fields } = draft.problems;
  const wrong = Object.entries(fields);
  if (form.length === 0 && wrong.length === 0) return null;
  return (
    <div class="note bad" role="alert">
      {form.length > 0 ? (
        form.map((sentence) => <p key={sentence}>{sentence}</p>)
      ) : (
        <p>{visit.texts.common.problem}</p>
      )}
    </div>
  );
}

interface PlacedField extends FieldProps {
  readonly id: string;
  readonly draft: Draft | undefined;
  readonly visit: Visit;
}

function Field(props: PlacedField): VNode {
  const { id, name, label, hint, type = 'text', visit, draft, isOptional = false } = props;
  const problems = draft?.problems.fields[name] ?? [];
  const described = [...(hint ? [`${id}-hint`] : []), ...(problems.length > 0 ? [`${id}-wrong`] : [])];
  const shared = {
    id,
    name,
    ...(described.length > 0 ? { 'aria-describedby': described.join(' ') } : {}),
    ...(problems.length > 0 ? { 'aria-invalid': 'true' as const } : {}),
  };
  const help = (
    <>
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {problems.length > 0 && (
        <span class="wrong" id={`${id}-wrong`}>
          {problems.join(' ')}
        </span>
      )}
    </>
  );
  if (type === 'choices') return <Choices field={props}>{help}</Choices>;
  if (type === 'checkbox')
    return (
      <div class="field check">
        <input type="checkbox" value="true" checked={isChecked(props)} {...shared} />
        <label for={id}>{label}</label>
        {help}
      </div>
    );
  return (
    <div class="field">
      <label for={id}>
        {label}
        {isOptional && <span class="quiet small">{` (${visit.texts.common.optional})`}</span>}
      </label>
      <Control field={props} shared={shared} />
      {help}
    </div>
  );
}

function Choices({
  field: { id, name, label, options = [], draft, value = '' },
  children,
}: {
  readonly field: PlacedField;
  readonly children: VNode;
}): VNode {
  const chosen = draft === undefined ? value.split(',') : draft.fields.getAll(name);
  return (
    <fieldset class="field">
      <legend>{label}</legend>
      {options.map(([choice, text]) => (
        <div class="check" key={choice}>
          <input
            type="checkbox"
            id={`${id}-${choice}`}
            name={name}
            value={choice}
            checked={chosen.includes(choice)}
          />
          <label for={`${id}-${choice}`}>{text}</label>
        </div>
      ))}
      {children}
    </fieldset>
  );
}

const isChecked = ({ draft, name, value }: PlacedField): boolean =>
  draft === undefined ? value === 'true' : draft.fields.get(name) === 'true';

/** A password is never sent back. */
function Control({ field, shared }: { readonly field: PlacedField; readonly shared: object }): VNode {
  const { options, draft, name, autocomplete, inputmode, maxLength, rows, isOptional } = field;
  const type = isWritten(field.type) ? field.type : 'text';
  const value = type === 'password' ? '' : (draft?.fields.get(name) ?? field.value ?? '');
  const more = {
    ...shared,
    required: isOptional !== true,
    ...(autocomplete === undefined ? {} : { autocomplete }),
    ...(inputmode === undefined ? {} : { inputmode }),
    ...(maxLength === undefined ? {} : { maxLength }),
  };
  if (options !== undefined)
    return (
      <select {...more}>
        {options.map(([choice, label]) => (
          <option key={choice} value={choice} selected={choice === value}>
            {label}
          </option>
        ))}
      </select>
    );
  if (rows !== undefined)
    return (
      <textarea rows={rows} {...more}>
        {value}
      </textarea>
    );
  return INPUTS[type]({ value, ...more });
}

type Written = Exclude<NonNullable<FieldProps['type']>, 'checkbox' | 'choices'>;

const isWritten = (type: FieldProps['type']): type is Written => type !== undefined && type in INPUTS;

type InputAttributes = { readonly value: string };

const INPUTS: Readonly<Record<Written, (attributes: InputAttributes) => VNode>> = {
  text: (attributes) => <input type="text" {...attributes} />,
  email: (attributes) => <input type="email" {...attributes} />,
  password: (attributes) => <input type="password" {...attributes} />,
  date: (attributes) => <input type="date" {...attributes} />,
  search: (attributes) => <input type="search" {...attributes} />,
};
