import type { Choice } from '../../../../domain/choice.js';
import type { ReplyStep } from '../../../../domain/reply-step.js';
import type { RunBirth, RunRequest } from '../../../../domain/run.js';
import type { ToolCall } from '../../../../domain/tool-call.js';
import { endedRunOf, type WholeRun } from '../../../../domain/whole-session.js';
import { callView } from './call-view.js';
import { runView } from './run-view.js';

/** A run as an export has it: as GET tells it, with what else is kept of it. What is absent is left out. */
export function runRecordView(whole: WholeRun) {
  const { birth, outcome, answer } = whole;
  const { open_calls, ...run } = runView({ run: endedRunOf(whole), openCalls: [] });
  return {
    ...run,
    ...birthView(birth),
    epoch: outcome.epoch,
    stop_cause: outcome.stopCause,
    is_refused: outcome.isRefused,
    is_forgotten: outcome.isForgotten,
    continued_by: outcome.continuedBy,
    steps: outcome.steps?.map(stepView),
    answer,
  };
}

function birthView({ requestId, request, onDisconnect, takesBack, continues, inherited, switchedFrom }: RunBirth) {
  return {
    request_id: requestId,
    request: requestView(request),
    on_disconnect: onDisconnect,
    takes_back: takesBack && {
      from: takesBack.from,
      messages_before: takesBack.messagesBefore,
      bytes_before: takesBack.bytesBefore,
      untold_before: takesBack.untoldBefore,
      title: takesBack.title,
    },
    continues: continues && { ...continues, allowed: continues.allowed?.map(keptCallView) },
    inherited: inherited && choiceView(inherited),
    switched_from: switchedFrom,
  };
}

function requestView({ content, onBusy, onDisconnect, replaces, asksAgain, settles, choice, switching }: RunRequest) {
  return {
    content,
    on_busy: onBusy,
    on_disconnect: onDisconnect,
    replaces,
    asks_again: asksAgain,
    settles,
    choice: choice && choiceView(choice),
    switching,
  };
}

function choiceView({ toolChoice, ...choice }: Choice) {
  return { ...choice, tool_choice: toolChoice };
}

function keptCallView(call: ToolCall) {
  return { ...callView(call), provider_data: call.providerData };
}

function stepView({ textEnd, calls, results }: ReplyStep) {
  return {
    text_end: textEnd,
    calls: calls.map((call) => ({ ...keptCallView(call), decision: call.decision })),
    results: results.map(({ callId, status, content, at }) => ({
      call_id: callId,
      status,
      content,
      at: at.toISOString(),
    })),
  };
}
