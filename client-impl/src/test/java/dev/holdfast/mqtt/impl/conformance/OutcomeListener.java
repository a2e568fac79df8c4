package dev.holdfast.mqtt.impl.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Notes how each test method ends, and writes the document in the end if told to. JUnit finds it by
 * {@code META-INF/services}.
 */
public final class OutcomeListener implements TestExecutionListener {
    private final boolean write = Boolean.getBoolean(ConformanceDocument.WRITE);
    private final Map<TaggedTests.Test, String> outcomes = new ConcurrentHashMap<>();

    @Override
    public void executionFinished(TestIdentifier identifier, TestExecutionResult result) {
        note(
                identifier,
                switch (result.getStatus()) {
                    case SUCCESSFUL -> ConformanceDocument.PASSED;
                    case ABORTED -> "skipped";
                    case FAILED -> "failed";
                });
    }

    @Override
    public void executionSkipped(TestIdentifier identifier, String reason) {
        note(identifier, "skipped");
    }

    /** Of a parameterised test one bad case is enough. */
    private void note(TestIdentifier identifier, String outcome) {
        if (identifier.getSource().orElse(null) instanceof MethodSource source) {
            outcomes.merge(
                    new TaggedTests.Test(source.getClassName(), source.getMethodName()),
                    outcome,
                    (one, other) -> one.equals(ConformanceDocument.PASSED) ? other : one);
        }
    }

    @Override
    public void testPlanExecutionFinished(TestPlan plan) {
        if (!write) {
            return;
        }
        TaggedTests tests = TaggedTests.scan();
        List<TaggedTests.Test> missing =
                tests.all().stream().filter(test -> !outcomes.containsKey(test)).toList();
        if (!missing.isEmpty()) {
            System.err.println(
                    "docs/conformance.md is not written: only a run of all tests can, and these did"
                            + " not run: "
                            + missing);
            return;
        }
        try {
            Files.writeString(
                    ConformanceDocument.FILE,
                    ConformanceDocument.text(Statements.load(), tests, outcomes::get));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
