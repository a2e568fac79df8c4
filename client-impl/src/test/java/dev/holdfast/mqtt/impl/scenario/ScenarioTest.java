package dev.holdfast.mqtt.impl.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.session.BrokenRule;
import dev.holdfast.mqtt.impl.session.TestSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Scenarios notice what changes, and say what is wrong with them. */
class ScenarioTest {
    @TempDir private Path folder;

    private Path file(String... script) throws IOException {
        Path file = folder.resolve("test.txt");
        String head = "A title\n\nWhat it shows.\n\n--- script\n";
        return Files.writeString(file, head + String.join("\n", script) + "\n");
    }

    @ParameterizedTest
    @EnumSource(BrokenRule.class)
    void scenariosShowEachWriteAheadRule(BrokenRule rule) {
        ScenarioRun.Core broken =
                (settings, recovered, random) ->
                        TestSession.breaking(
                                rule, settings, recovered, random, Encoder::encodedSize);
        List<Path> red =
                GoldenScenariosTest.scenarios().stream().filter(f -> differs(f, broken)).toList();
        assertTrue(!red.isEmpty(), "no scenario shows " + rule);
    }

    private static boolean differs(Path scenario, ScenarioRun.Core core) {
        try {
            ScenarioFile.read(scenario).check(core);
            return false;
        } catch (AssertionError | IllegalArgumentException e) {
            return true;
        }
    }

    @Test
    void tellsWhereTheTraceDiffers() throws IOException {
        Path file =
                file("client: connected", "app: publish qos=1 payload=a", "server: puback id=1");
        ScenarioFile.read(file).write(ScenarioRun.REAL);
        ScenarioFile.read(file).check(ScenarioRun.REAL);

        String text = Files.readString(file);
        assertTrue(text.contains("← 'a' acknowledged"), text);
        Files.writeString(file, text.replace("'a' stored", "'a' forgotten"));
        ScenarioFile changed = ScenarioFile.read(file);
        AssertionError error =
                assertThrows(AssertionError.class, () -> changed.check(ScenarioRun.REAL));

        assertTrue(error.getMessage().contains("\n  17 - ← 'a' forgotten\n"), error.getMessage());
        assertTrue(error.getMessage().contains("\n  18 + ← 'a' stored\n"), error.getMessage());
        assertTrue(error.getMessage().contains("-Dscenarios.write=true"), error.getMessage());
    }

    @Test
    void writingAgainChangesNothing() throws IOException {
        Path file = file("client: connected", "app: publish qos=2 payload=a", "time: +5s");
        ScenarioFile.read(file).write(ScenarioRun.REAL);
        String once = Files.readString(file);
        ScenarioFile.read(file).write(ScenarioRun.REAL);
        assertEquals(once, Files.readString(file));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "publish qos=1 | a line reads 'actor: verb key=value …'",
                "app: | a line reads 'actor: verb key=value …'",
                "ap: publish | nobody is called 'ap'; there are settings, client, app,",
                "app: publsh qos=1 | 'app' has no verb 'publsh'; it has connect, disconnect, publish,",
                "app: publish qos=3 | 'qos=3' is not 0, 1 or 2",
                "app: publish qos= | 'qos=' needs a value",
                "app: publish retain=1 | 'retain' takes no value",
                "app: publish retain retain | 'retain' is given twice",
                "app: publish color=red | 'publish' knows no [color]",
                "app: handled payload=z | no such message waits to be handled",
                "server: puback | 'id=' is missing",
                "server: puback id=x | 'id=x' is not a number",
                "server: puback id=1 reason=bad | 'reason=bad' is not one of [success, granted-qos-1,",
                "disk: confirm | on their way to the disk are 0",
                "client: restart | the client is up; 'client: crash' comes first",
                "client: connected | it must come first",
                "time: 30 | time passes in seconds, as in 'time: +30s'",
                "settings: keep-alive=1 | the client is up; settings come before its start"
            })
    void saysWhatIsWrongWithALine(String line, String complaint) throws IOException {
        ScenarioFile file = ScenarioFile.read(file("client: connected", "", line));
        IllegalArgumentException error =
                assertThrows(IllegalArgumentException.class, () -> file.check(ScenarioRun.REAL));
        String place = "test.txt, line 8, '" + line + "': ";
        assertTrue(error.getMessage().startsWith(place + complaint), error.getMessage());
    }

    @Test
    void saysWhatPartsAScenarioHas() throws IOException {
        Path file = Files.writeString(folder.resolve("test.txt"), "A title\nand nothing else\n");
        IllegalArgumentException error =
                assertThrows(IllegalArgumentException.class, () -> ScenarioFile.read(file));
        assertTrue(error.getMessage().startsWith("test.txt: a scenario has a title"));
    }
}
