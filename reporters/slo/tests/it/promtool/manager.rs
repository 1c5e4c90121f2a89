//! The Alertmanager's configuration, as its own tool sees it.

use telemetry_slo::Alarm;
use telemetry_slo::prometheus::Alertmanager;

use super::Files;
use super::source::{builder, name, site};

fn manager() -> Alertmanager {
    let alarm = Alarm::memory("app.memory", 1);
    let rules = builder(&[site()]).alarms(&[alarm]).by(["region"]);
    rules.build(name).unwrap().alertmanager()
}

fn files(manager: &Alertmanager) -> Files {
    Files::new(&[("alertmanager.yml", &manager.to_yaml())])
}

#[test]
#[ignore = "needs amtool"]
fn a_configuration_is_good_with_receivers_and_without() {
    for (manager, hooks) in [
        (manager(), 0),
        (
            manager()
                .page("http://127.0.0.1:9/page?a=b&c={{x}}#\"'")
                .page("https://example.com/second")
                .ticket("http://127.0.0.1:9/ticket")
                .scaled(1e-3),
            3,
        ),
        (
            manager().ticket("http://127.0.0.1:9/ticket").scaled(1e300),
            1,
        ),
    ] {
        let files = files(&manager);
        let (passed, said) = files.run("amtool", &["check-config", "alertmanager.yml"]);
        let text = manager.to_yaml();
        assert!(passed && said.contains("2 receivers"), "{said}\n{text}");
        assert_eq!(text.matches("send_resolved: true").count(), hooks);
        assert_eq!(text.contains("tells nobody yet"), hooks < 3);
    }
}

#[test]
#[ignore = "needs amtool"]
fn pages_go_to_one_and_everything_else_to_the_other() {
    let files = files(&manager());
    for (labels, receiver) in [
        (["alertname=SloBurnsFast", "severity=page"], "page"),
        (["alertname=SloBurnsSlowly", "severity=ticket"], "ticket"),
        (["alertname=Else", "severity=info"], "ticket"),
    ] {
        let mut arguments = vec!["config", "routes", "test", "--config.file=alertmanager.yml"];
        arguments.extend(labels);
        let (passed, said) = files.run("amtool", &arguments);
        assert!(
            passed && said.starts_with(&format!("{receiver}\n")),
            "{labels:?}: {said}"
        );
    }
}
