<?php
/*
 * The door to the backend: every page, form and download of the product comes
 * through goAction, which relays it as it is.  Which domain belongs to whom is
 * decided by the backend; here only the panel's own session is read.
 */
class IndexController extends pm_Controller_Action
{
    protected $_accessLevel = ['admin', 'reseller', 'client'];

    public function indexAction()
    {
        $this->sendTo(Modules_AntispamGuide_Relay::home());
    }

    /** From a domain's own button: the panel names the domain by its id. */
    public function domainAction()
    {
        $id = $this->getRequest()->getParam('site_id', $this->getRequest()->getParam('dom_id'));

        if (!is_string($id) || !preg_match('/^\d{1,9}$/D', $id) || !pm_Session::getClient()->hasAccessToDomain((int) $id)) {
            $this->sendTo(Modules_AntispamGuide_Relay::home());
        }
        $domain = new pm_Domain((int) $id);
        $this->sendTo(Modules_AntispamGuide_Relay::home() . 'domains/' . rawurlencode($domain->getName()));
    }

    public function goAction()
    {
        $relay = new Modules_AntispamGuide_Relay();

        try {
            if (!Modules_AntispamGuide_Identity::allowed()) {
                $this->message(403, 'notAllowed');
                return;
            }
            $answer = $relay->ask();
        } catch (Modules_AntispamGuide_TooLarge $problem) {
            $this->message(413, 'tooLarge');
            return;
        } catch (Throwable $problem) {
            error_log('antispam-guide: ' . $problem->getMessage());
            $this->message(503, 'unavailable');
            return;
        }
        if (!$answer->isPage()) {
            $answer->send();
            exit;
        }
        $this->getResponse()->setHttpResponseCode($answer->status);
        $this->view->pageTitle = $answer->title() ?: $this->lmsg('title');
        $this->view->fragment = $answer->fragment();
        $this->view->script = pm_Context::getBaseUrl() . 'js/antispam-guide.js';
    }

    private function message($status, $key)
    {
        if (Modules_AntispamGuide_Relay::wantsJson()) {
            http_response_code($status);
            header('Content-Type: application/json');
            echo json_encode(['error' => ['code' => $key, 'text' => $this->lmsg($key)]]);
            exit;
        }
        $this->getResponse()->setHttpResponseCode($status);
        $this->view->pageTitle = $this->lmsg('title');
        $this->view->fragment = '<p role="alert">' . htmlspecialchars($this->lmsg($key), ENT_QUOTES, 'UTF-8') . '</p>';
        $this->view->script = null;
    }

    private function sendTo($url)
    {
        header('Location: ' . $url, true, 303);
        exit;
    }
}
