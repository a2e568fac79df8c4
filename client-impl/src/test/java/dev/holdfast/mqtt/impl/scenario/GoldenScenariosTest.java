package dev.holdfast.mqtt.impl.scenario;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each scenario's script leads to the trace in its file; -Dscenarios.write=true writes it anew. */
class GoldenScenariosTest {
    static final Path FOLDER = Path.of("src", "test", "resources", "scenarios");

    static List<Path> scenarios() {
        return ScenarioFile.in(FOLDER);
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void happensAsWritten(Path path) {
        if (Boolean.getBoolean("scenarios.write")) {
            ScenarioFile.read(path).write(ScenarioRun.REAL);
        } else {
            ScenarioFile.read(path).check(ScenarioRun.REAL);
        }
    }
}
