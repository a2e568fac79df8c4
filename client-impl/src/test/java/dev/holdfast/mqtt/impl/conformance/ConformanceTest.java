package dev.holdfast.mqtt.impl.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Every statement is shown by a test, or has a reason why not. */
class ConformanceTest {
    private final Statements statements = Statements.load();
    private final TaggedTests tests = TaggedTests.scan();

    private static List<String> ids(List<Statements.Row> rows, Predicate<Statements.Row> which) {
        return rows.stream().filter(which).map(Statements.Row::id).toList();
    }

    @Statement("P-39")
    @Test
    void everyStatementHasATestOrAReason() {
        assertEquals(
                List.of(),
                ids(statements.rows(), row -> tests.of(row).isEmpty() && !row.untested()),
                "Neither a test with @Statement nor a reason in statements.txt");
    }

    @Test
    void noStatementIsCalledUntestedThoughATestShowsIt() {
        assertEquals(
                List.of(),
                ids(statements.rows(), row -> !tests.of(row).isEmpty() && row.untested()),
                "Remove \"untested: …\" from statements.txt");
    }

    @Test
    void noTestShowsWhatIsNotInTheList() {
        Set<String> unknown = new TreeSet<>(tests.byStatement().keySet());
        statements.rows().forEach(row -> unknown.remove(row.id()));
        assertEquals(Set.of(), unknown, "In @Statement, but not in statements.txt");
    }

    @Test
    void everyStatementIsListedOnce() {
        Set<String> seen = new HashSet<>();
        assertEquals(List.of(), ids(statements.rows(), row -> !seen.add(row.id())), "Twice");
    }

    /**
     * In the checked-in document every test has passed, so it need not be asked how this one went.
     */
    @Test
    void documentIsWhatTheTestsShow() throws IOException {
        assumeFalse(Boolean.getBoolean(ConformanceDocument.WRITE), "it is being written anew");
        String expected =
                ConformanceDocument.text(statements, tests, test -> ConformanceDocument.PASSED);
        assertEquals(
                expected,
                Files.readString(ConformanceDocument.FILE).replace("\r\n", "\n"),
                "docs/conformance.md is out of date; write it anew with a run of all tests and -D"
                        + ConformanceDocument.WRITE
                        + "=true");
    }

    @Test
    void documentTellsOutcomesReasonsAndNotes() {
        Statements some =
                Statements.parse(
                        List.of(
                                "## Title",
                                "1.0-1 | all | both | It is shown.",
                                "1.0-2 | all | both | It is shown in part. | a note",
                                "1.0-3 | all | both | It is not shown. | untested: why"));
        var good = new TaggedTests.Test("a.b.GoodTest", "works");
        var bad = new TaggedTests.Test("a.b.BadTest$Inner", "fails");
        var tagged = new TaggedTests(Map.of("1.0-1", List.of(good), "1.0-2", List.of(good, bad)));
        String text =
                ConformanceDocument.text(
                        some, tagged, test -> test == good ? ConformanceDocument.PASSED : "failed");
        String goodLink = "[GoodTest.works](../client-impl/src/test/java/a/b/GoodTest.java)";
        String badLink = "[BadTest.Inner.fails](../client-impl/src/test/java/a/b/BadTest.java)";
        assertEquals(
                List.of(
                        "| 1.0-1 | all | both | It is shown. | " + goodLink + " | passed |",
                        "| 1.0-2 | all | both | It is shown in part. | "
                                + goodLink
                                + "<br>"
                                + badLink
                                + "<br>a note | failed |",
                        "| 1.0-3 | all | both | It is not shown. | why | not shown |"),
                text.lines().filter(line -> line.startsWith("| 1.0-")).toList());
    }

    @Test
    void linesWithoutEnoughCellsAreRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> Statements.parse(List.of("## Title", "1.0-1 | all | both")));
    }
}
