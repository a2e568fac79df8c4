package dev.holdfast.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The example of RFC 7677, section 3, and what departs from it. */
class ScramSha256Test {
    private static final String CLIENT_NONCE = "rOprNGfwEbeRWgbNEkqO";
    private static final String NONCE = CLIENT_NONCE + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private static final String SALT = "W22ZaJ0SNY7soEsUEjb6gQ==";
    private static final String SERVER_FIRST = "r=" + NONCE + ",s=" + SALT + ",i=4096";
    private static final String SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    private final ScramSha256 scram =
            new ScramSha256("user", "pencil".getBytes(UTF_8), 1_000_000, () -> CLIENT_NONCE);
    private final Authentication.Exchange exchange = scram.begin();

    @Test
    void speaksAsInTheExampleOfTheStandard() {
        assertEquals("SCRAM-SHA-256", scram.method());
        assertEquals("n,,n=user,r=" + CLIENT_NONCE, text(exchange.first()));
        assertEquals(
                "c=biws,r=" + NONCE + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                text(exchange.answer(data(SERVER_FIRST))));
        exchange.finish(data(SERVER_FINAL)).toCompletableFuture().join();
    }

    /** What follows is for extensions that a client need not know. */
    @Test
    void passesOverOptionalExtensions() {
        exchange.answer(data(SERVER_FIRST + ",x=y"));
        assertRefused("signature is wrong", () -> exchange.finish(data(SERVER_FINAL)));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "nothing at all | '' | does not begin with",
                "an extension that must be known | m=x,r=N,s=S,i=4096 | asks for an extension",
                "no salt | r=N,i=4096 | does not begin with",
                "parts in another order | r=N,i=4096,s=S | lacks the part s=",
                "the client's nonce only | r=C,s=S,i=4096 | another exchange",
                "another nonce | r=XN,s=S,i=4096 | another exchange",
                "a salt of nothing | r=N,s=,i=4096 | lacks the part s=",
                "a salt that is not Base64 | r=N,s=?,i=4096 | not in Base64",
                "too few iterations | r=N,s=S,i=4095 | asks for 4095 iterations",
                "too many iterations | r=N,s=S,i=1000001 | asks for 1000001 iterations",
                "a number beyond all bounds | r=N,s=S,i=99999999999 | not a number above 0",
                "a negative number | r=N,s=S,i=-1 | not a number above 0",
                "no number | r=N,s=S,i= | not a number above 0"
            })
    void refusesAFirstMessageWith(String what, String message, String complaint) {
        String full = message.replace("N", NONCE).replace("S", SALT).replace("C", CLIENT_NONCE);
        assertRefused(complaint, () -> exchange.answer(data(full)));
    }

    @Test
    void takesMoreIterationsWhenItIsToldTo() {
        Authentication.Exchange patient = scram.atMostIterations(1_000_001).begin();
        assertTrue(
                text(patient.answer(data("r=" + NONCE + ",s=" + SALT + ",i=4097"))).length() > 9);
        Authentication.Exchange impatient = scram.atMostIterations(4_096).begin();
        assertRefused(
                "not in 4096 to 4096: change it there, or the upper bound with atMostIterations",
                () -> impatient.answer(data("r=" + NONCE + ",s=" + SALT + ",i=4097")));
        assertThrows(IllegalArgumentException.class, () -> scram.atMostIterations(4_095));
        assertThrows(IllegalArgumentException.class, () -> scram.atMostIterations(100_000_001));
    }

    @ParameterizedTest
    @CsvSource({
        "v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=, signature is wrong",
        "v=, lacks the part v=",
        "v=AA==, signature is wrong",
        "e=invalid-proof, says with it: e=invalid-proof",
        "v=?, not in Base64",
        "hello, lacks the part v="
    })
    void leavesAServerWithAnotherLastWord(String serverFinal, String complaint) {
        exchange.answer(data(SERVER_FIRST));
        assertRefused(complaint, () -> exchange.finish(data(serverFinal)));
    }

    @Test
    void leavesAServerWithoutALastWord() {
        exchange.answer(data(SERVER_FIRST));
        assertRefused("has no data", () -> exchange.finish(Optional.empty()));
    }

    @Test
    void leavesAServerThatAsksForNoProof() {
        assertRefused("without having asked", () -> exchange.finish(data(SERVER_FINAL)));
    }

    @Test
    void leavesAServerThatGoesOn() {
        exchange.answer(data(SERVER_FIRST));
        assertRefused("goes on", () -> exchange.answer(data(SERVER_FIRST)));
    }

    @Test
    void writesTheTwoCharactersOtherwiseThatEndANameEarly() {
        ScramSha256 odd = new ScramSha256("a=b,c", new byte[] {1}, 4_096, () -> "n");
        assertEquals("n,,n=a=3Db=2Cc,r=n", text(odd.begin().first()));
    }

    @Test
    void hasANewNonceEachTime() {
        ScramSha256 real = ScramSha256.of("user", "pencil");
        String one = text(real.begin().first());
        assertNotEquals(one, text(real.begin().first()));
        assertTrue(one.matches("n,,n=user,r=[!-+\\--~]{32}"), one);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ü", "a\tb", "a\u007Fb", "a\u00ADb", "\uD83D\uDD11", "a\nb"})
    void refusesWhatItCannotPrepare(String value) {
        var name = assertThrows(IllegalArgumentException.class, () -> ScramSha256.of(value, "p"));
        var word = assertThrows(IllegalArgumentException.class, () -> ScramSha256.of("u", value));
        assertTrue(name.getMessage().contains("user name"), name.getMessage());
        assertTrue(word.getMessage().contains("password"), word.getMessage());
        assertFalse(!value.isEmpty() && word.getMessage().contains(value), word.getMessage());
    }

    @Test
    void saysNothingOfTheSecret() {
        ScramSha256 real = ScramSha256.of("alice", "hunter2");
        assertEquals("ScramSha256[…]", real.toString());
        assertEquals("ScramSha256.Exchange[…]", real.begin().toString());
    }

    private static void assertRefused(String complaint, Runnable step) {
        var failure = assertThrows(MqttException.AuthenticationFailed.class, step::run);
        assertTrue(failure.getMessage().contains(complaint), failure.getMessage());
        assertTrue(failure.permanent());
    }

    private static Optional<byte[]> data(String text) {
        return Optional.of(text.getBytes(UTF_8));
    }

    private static String text(CompletionStage<Optional<byte[]>> stage) {
        return new String(stage.toCompletableFuture().join().orElseThrow(), UTF_8);
    }
}
