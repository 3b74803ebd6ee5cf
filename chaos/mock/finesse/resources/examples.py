"""What a fresh deployment has configured, so that whoever asks sees one of each kind. All of it is ours."""

from chaos.mock.finesse.resources import catalogue as c
from chaos.wire.xml import parse_xml

WRAP_UPS = ("Sales call", "Wrong number", "Satisfied customer")
CONTACTS = (("Erika", "Muster", "5550100", "answers by itself"), ("Max", "Muster", "5550101", ""))

LAYOUT = """
<MediaPropertiesLayout>
  <name>Default Layout</name><description>Layout used when no other layout matches</description><type>DEFAULT</type>
  <header><entry><displayName>Call Variable 1</displayName><mediaProperty>callVariable1</mediaProperty>
    <showInPopOver>true</showInPopOver><uiEditable>false</uiEditable></entry></header>
  <column>
    <entry><displayName>BA AccountNumber</displayName><mediaProperty>BAAccountNumber</mediaProperty>
      <showInPopOver>false</showInPopOver><uiEditable>false</uiEditable></entry>
    <entry><displayName>Call Variable 2</displayName><mediaProperty>callVariable2</mediaProperty>
      <showInPopOver>false</showInPopOver><uiEditable>true</uiEditable></entry>
  </column>
  <column>
    <entry><displayName>Call Variable 3</displayName><mediaProperty>callVariable3</mediaProperty>
      <showInPopOver>false</showInPopOver><uiEditable>true</uiEditable></entry>
  </column>
</MediaPropertiesLayout>"""

WORKFLOW_ACTION = """
<WorkflowAction>
  <name>Look the caller up</name><type>BROWSER_POP</type><handledBy>FINESSE_DESKTOP</handledBy>
  <params>
    <Param><name>path</name><value>https://crm.example/?q=${callVariable1}</value></Param>
    <Param><name>windowName</name><value>crm</value></Param>
  </params>
  <actionVariables><ActionVariable><name>callVariable1</name>
    <node>//Dialog/mediaProperties/callvariables/CallVariable[name="callVariable1"]/value</node>
    <type>SYSTEM</type><testValue>5550100</testValue></ActionVariable></actionVariables>
</WorkflowAction>"""

WORKFLOW = """
<Workflow>
  <name>Caller look-up</name><description>Looks the caller up when an agent's phone rings</description>
  <TriggerSet><type>SYSTEM</type><name>CALL_ARRIVES</name>
    <triggers><Trigger><Variable><name>mediaType</name><node>//Dialog/mediaType</node><type>CUSTOM</type></Variable>
      <comparator>IS_EQUAL</comparator><value>Voice</value></Trigger></triggers></TriggerSet>
  <ConditionSet><applyMethod>ALL</applyMethod></ConditionSet>
  <workflowActions><WorkflowAction><name>Look the caller up</name><uri>/finesse/api/WorkflowAction/1</uri>
    </WorkflowAction></workflowActions>
</Workflow>"""

LAYOUT_XML = """<finesseLayout xmlns="http://www.cisco.com/vtg/finesse">
  <layout><role>Agent</role><page><gadget>/desktop/scripts/js/callcontrol.js</gadget></page>
    <tabs><tab><id>home</id><label>finesse.container.tabs.agent.homeLabel</label></tab></tabs></layout>
  <layout><role>Supervisor</role><page><gadget>/desktop/scripts/js/callcontrol.js</gadget></page>
    <tabs><tab><id>home</id><label>finesse.container.tabs.supervisor.homeLabel</label>
      <gadgets><gadget id="team-performance">/desktop/scripts/js/teamPerformance.js</gadget></gadgets>
    </tab></tabs></layout>
</finesseLayout>"""

ECC_VARIABLES = (("user.microapp.input", 210), ("user.media.id", 36), ("user.Finesse_ecc", 40))


def stocked() -> c.Catalogue:
    """A catalogue with something in it."""
    made = c.Catalogue()
    for label in WRAP_UPS:
        made.shelf(c.WRAP_UP_REASON).add(
            parse_xml(f"<WrapUpReason><label>{label}</label><forAll>true</forAll></WrapUpReason>")
        )
    made.shelf(c.PHONE_BOOK).add(parse_xml("<PhoneBook><name>Example</name><type>GLOBAL</type></PhoneBook>"))
    for first, last, number, note in CONTACTS:
        made.contacts_of("1").add(
            parse_xml(
                f"<Contact><firstName>{first}</firstName><lastName>{last}</lastName>"
                f"<phoneNumber>{number}</phoneNumber><description>{note}</description></Contact>"
            )
        )
    made.shelf(c.LAYOUT).add(parse_xml(LAYOUT))
    made.shelf(c.WORKFLOW_ACTION).add(parse_xml(WORKFLOW_ACTION))
    made.shelf(c.WORKFLOW).add(parse_xml(WORKFLOW))
    made.layout_xml = LAYOUT_XML
    return made
