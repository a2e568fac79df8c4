package dev.holdfast.mqtt.impl.scenario;

import java.util.ArrayList;
import java.util.List;

/** Where two texts differ, line by line, with a few lines around each place. */
final class Difference {
    private static final int CONTEXT = 3;

    private Difference() {}

    /**
     * Compares two texts.
     *
     * @param firstLine the number of the first line of {@code before} in its file
     */
    static String between(List<String> before, List<String> after, int firstLine) {
        int[][] common = commonLines(before, after);
        List<String> rows = new ArrayList<>();
        List<Boolean> differs = new ArrayList<>();
        int b = 0;
        int a = 0;
        while (b < before.size() || a < after.size()) {
            boolean same =
                    b < before.size() && a < after.size() && before.get(b).equals(after.get(a));
            boolean gone =
                    !same
                            && b < before.size()
                            && (a == after.size() || common[b + 1][a] >= common[b][a + 1]);
            String text = same || gone ? before.get(b) : after.get(a);
            rows.add(
                    String.format("%4d %s %s", firstLine + b, same ? " " : gone ? "-" : "+", text));
            differs.add(!same);
            b += same || gone ? 1 : 0;
            a += same || !gone ? 1 : 0;
        }
        return shown(rows, differs);
    }

    /** How many lines the rests behind each pair of places have in common. */
    private static int[][] commonLines(List<String> before, List<String> after) {
        int[][] common = new int[before.size() + 1][after.size() + 1];
        for (int b = before.size() - 1; b >= 0; b--) {
            for (int a = after.size() - 1; a >= 0; a--) {
                common[b][a] =
                        before.get(b).equals(after.get(a))
                                ? common[b + 1][a + 1] + 1
                                : Math.max(common[b + 1][a], common[b][a + 1]);
            }
        }
        return common;
    }

    private static String shown(List<String> rows, List<Boolean> differs) {
        StringBuilder text = new StringBuilder();
        boolean leftOut = false;
        for (int i = 0; i < rows.size(); i++) {
            int from = Math.max(0, i - CONTEXT);
            int to = Math.min(rows.size(), i + CONTEXT + 1);
            if (differs.subList(from, to).contains(true)) {
                text.append(leftOut ? " …\n" : "").append(rows.get(i)).append('\n');
                leftOut = false;
            } else {
                leftOut = true;
            }
        }
        return text.toString();
    }
}
