# shellcheck shell=bash
# Jackson is in the generator's own jar; the rest are Debian's packages.
classes=$(python3 -c 'import openapi_generator_cli as module; print(module.__path__[0])')/openapi-generator.jar
for name in geronimo-annotation-1.3-spec httpclient httpcore httpmime; do classes+=:/usr/share/java/$name.jar; done

compile() {
  find client/src/main -name '*.java' >sources
  javac -J-XX:-UsePerfData -nowarn -proc:none -cp "$classes" -d out @sources MainJob.java
}
main_job() { java -XX:-UsePerfData -XX:TieredStopAtLevel=1 -cp "out:$classes" MainJob "$REPORT"; }
