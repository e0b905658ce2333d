import { type InjectionKey, nextTick, ref, shallowRef } from 'vue';
import { ApiError } from '../../shared/api.ts';
import { hasText } from '../../shared/i18n.ts';
import type { Supervisor } from '../useSupervisor.ts';

/** Codes of the server that are about one field. */
const FIELD_OF: Readonly<Record<string, string>> = {
  username_taken: 'username',
  shortcut_taken: 'shortcut',
  address_taken: 'address',
  name_taken: 'name',
  invalid_name: 'name',
  invalid_tag: 'name',
  last_admin: 'role',
  unknown_timezone: 'timezone',
};

/** What is wrong with the fields of a form, and with all of it; errors of the server find their field. */
export function useForm({ t, reasonOf }: Supervisor) {
  const busy = ref(false);
  const problem = ref('');
  /** Texts by the names of the fields. */
  const wrong = shallowRef<Readonly<Record<string, string>>>({});
  const box = ref<HTMLElement>();

  async function focusWrong(): Promise<void> {
    await nextTick();
    box.value?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }

  const sentence = (code: string, message: string) =>
    hasText(t, `administration.wrong.${code}`) ? t(`administration.wrong.${code}`) : message;

  /** `wanted`: for each field the rule it breaks (`administration.wrong.<rule>`), or ''. Whether none does. */
  function check(wanted: Record<string, string>): boolean {
    const broken = Object.entries(wanted).filter(([, rule]) => rule);
    wrong.value = Object.fromEntries(broken.map(([field, rule]) => [field, t(`administration.wrong.${rule}`)]));
    problem.value = '';
    if (broken.length > 0) void focusWrong();
    return broken.length === 0;
  }

  function take(error: unknown): void {
    wrong.value = {};
    problem.value = t('action.failed', { reason: reasonOf(error) });
    if (!(error instanceof ApiError)) return;
    const own = FIELD_OF[error.code];
    const details = Array.isArray(error.details) ? (error.details as { field?: string; message?: string }[]) : [];
    const fields = details.filter((one) => one.field).map(({ field, message = '' }) => [field, message]);
    if (own) wrong.value = { [own]: sentence(error.code, error.message) };
    else if (fields.length > 0) wrong.value = Object.fromEntries(fields);
    else if (hasText(t, `administration.wrong.${error.code}`)) problem.value = sentence(error.code, '');
    const shown = Object.keys(wrong.value).some((field) => box.value?.querySelector(`[data-field="${field}"]`));
    if (shown) problem.value = '';
    else if (fields.length > 0) problem.value = fields.map(([field, message]) => `${field}: ${message}`).join('; ');
    void focusWrong();
  }

  /** Does something once at a time; what it is refused for is shown. Resolves to whether it worked. */
  async function send(work: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    try {
      await work();
      wrong.value = {};
      problem.value = '';
      return true;
    } catch (error) {
      take(error);
      return false;
    } finally {
      busy.value = false;
    }
  }

  return { busy, problem, wrong, box, check, send };
}

export type Form = ReturnType<typeof useForm>;
/** The form around a field. */
export const formKey: InjectionKey<Form> = Symbol('form');
