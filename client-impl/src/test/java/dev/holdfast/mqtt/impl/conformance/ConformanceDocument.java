package dev.holdfast.mqtt.impl.conformance;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** {@code docs/conformance.md}: which test shows which statement, and how it went. */
final class ConformanceDocument {
    /** Rewrites the document with what a whole run of the tests has found. */
    static final String WRITE = "conformance.write";

    /** Seen from the folder of this module, in which its tests run. */
    static final Path FILE = Path.of("..", "docs", "conformance.md");

    static final String PASSED = "passed";

    private static final String SOURCES = "../client-impl/src/test/java/";

    private ConformanceDocument() {}

    /** The whole document. */
    static String text(
            Statements statements, TaggedTests tests, Function<TaggedTests.Test, String> outcome) {
        List<Statements.Row> rows = statements.rows();
        long shown = rows.stream().filter(row -> !tests.of(row).isEmpty()).count();
        StringBuilder text = new StringBuilder();
        text.append(
                """
                # Conformance

                What the MQTT Version 5.0 standard (OASIS Standard, 7 March 2019) asks of a client, and the tests that show that Holdfast does it.
                The requirements are in our own words; the standard's text is what counts. Statements that bind servers alone, and
                whose breach no client can notice, are not listed.

                """);
        text.append(
                "%d statements: %d shown by %d tests, %d not shown, for the reason given.\n\n"
                        .formatted(rows.size(), shown, tests.all().size(), rows.size() - shown));
        text.append(
                """
                This file is written by a run of all tests of `client-impl`, and every run compares it; do not edit it:

                ```
                mvn -pl client-impl -am verify -Dconformance.write=true
                ```

                """);
        for (Statements.Chapter chapter : statements.chapters()) {
            text.append("## ").append(chapter.title()).append("\n\n");
            text.append("| statement | packet | binds | requirement | shown by | result |\n");
            text.append("| --- | --- | --- | --- | --- | --- |\n");
            for (Statements.Row row : chapter.rows()) {
                text.append(line(row, tests.of(row), outcome));
            }
            text.append('\n');
        }
        return text.toString().strip() + "\n";
    }

    private static String line(
            Statements.Row row,
            List<TaggedTests.Test> tests,
            Function<TaggedTests.Test, String> outcome) {
        String shownBy =
                tests.stream().map(ConformanceDocument::link).collect(Collectors.joining("<br>"));
        if (!row.note().isEmpty()) {
            shownBy += (shownBy.isEmpty() ? "" : "<br>") + row.note();
        }
        String result =
                tests.stream()
                        .map(outcome)
                        .filter(o -> !o.equals(PASSED))
                        .findFirst()
                        .orElse(tests.isEmpty() ? "not shown" : PASSED);
        return "| %s | %s | %s | %s | %s | %s |\n"
                .formatted(row.id(), row.packet(), row.bound(), row.requirement(), shownBy, result);
    }

    private static String link(TaggedTests.Test test) {
        return "[%s](%s%s)".formatted(test, SOURCES, test.sourceFile());
    }
}
